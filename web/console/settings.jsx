/** Settings: how to install, the keys, and every key of the configuration with what it does. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { absoluteTime, ago, count, toMs } from './format.js';
import { CodeBlock, CopyButton, Failure, Hidden, Icon, toast, toastError } from './ui.jsx';
import { GROUPS, WORDS, draftOf, readDraft } from './settings-keys.js';

/** @typedef {import('./settings-keys.js').Key} Key */

/** @param {any} config @param {string} key @returns {unknown} */
const valueOf = (config, key) => key.split('.').reduce((it, name) => it?.[name], config);

/** @param {Record<string, unknown>} values by dotted key @returns {any} nested */
function nested(values) {
	/** @type {any} */
	const out = {};
	for (const [key, value] of Object.entries(values)) {
		const [group, name] = key.split('.');
		if (name === undefined) out[group] = value; else (out[group] ??= {})[name] = value;
	}
	return out;
}

/** The key and line a 422 speaks of: "config.privacy.mask_selectors[2]". @param {string|undefined} field */
function fieldOf(field) {
	const found = /^(?:config\.)?([a-z_.]+?)(?:\[(\d+)\])?$/.exec(field ?? '');
	return found ? { key: found[1], line: found[2] === undefined ? undefined : Number(found[2]) + 1 } : undefined;
}

/**
 * @param {{spec: Key, draft: string|boolean, changed: boolean, problem: string|undefined, onChange: (value: string|boolean) => void}} props
 */
function Field({ spec, draft, changed, problem, onChange }) {
	const words = WORDS[spec.key] ?? {}, id = `key-${spec.key}`, list = ['origins', 'selectors', 'patterns', 'headers', 'addresses'].includes(spec.type);
	const label = words.label ?? spec.key;
	const described = `${id}-what${problem ? ` ${id}-problem` : ''}`;
	const shared = { id, 'aria-describedby': described, 'aria-invalid': problem ? /** @type {const} */ (true) : undefined };
	const standard = draftOf(spec, spec.default);
	return <div class={`setting ${problem ? 'has-problem' : ''}`}>
		<div class="setting-about">
			{spec.type === 'choice' || spec.type === 'boolean' ? <b class="setting-name">{label}</b> : <label class="setting-name" for={id}>{label}</label>}
			{changed && <span class="setting-changed">Changed</span>}
			<code class="setting-key">{spec.key}</code>
			<p id={`${id}-what`}>{words.what ?? spec.description}</p>
			{words.consequence && <p class="consequence"><b>{words.about ?? 'Privacy'}:</b> {words.consequence}</p>}
		</div>
		<div class="setting-value">
			{spec.type === 'boolean' ? <label class="switch"><input type="checkbox" role="switch" {...shared} aria-label={label} checked={draft === true} onChange={(event) => onChange(event.currentTarget.checked)} /><span aria-hidden="true" />{draft === true ? 'On' : 'Off'}</label>
				: spec.type === 'choice' ? <div class="choices" role="radiogroup" aria-label={label} aria-describedby={described}>{(spec.choices ?? []).map((it) => <label key={it}><input type="radio" name={id} checked={draft === it} onChange={() => onChange(it)} />{words.choices?.[it] ?? it}</label>)}</div>
				: list ? <textarea {...shared} rows={Math.min(Math.max(String(draft).split('\n').length, 2), 8)} spellcheck={false} dir="ltr" placeholder={words.placeholder} value={String(draft)} onInput={(event) => onChange(event.currentTarget.value)} />
				: <span class="unit"><input {...shared} type="text" inputmode={spec.type === 'integer' ? 'decimal' : undefined} class={spec.type === 'integer' ? 'short' : ''} value={String(draft)} onInput={(event) => onChange(event.currentTarget.value)} />{words.unit && <span>{words.unit}</span>}</span>}
			<p class="problem" id={`${id}-problem`} role={problem ? 'alert' : undefined}>{problem && <><Icon name="error" />{problem}</>}</p>
			<p class="hint">{list ? 'One a line. ' : ''}Default: {spec.type === 'boolean' ? (standard ? 'on' : 'off') : standard === '' ? 'none' : spec.type === 'choice' ? (words.choices?.[String(standard)] ?? standard) : `${standard}${words.unit ? ` ${words.unit}` : ''}`}
				{draft !== standard && <> · <button class="link" type="button" onClick={() => onChange(standard)}>Use the default<Hidden> of {label}</Hidden></button></>}</p>
		</div>
	</div>;
}

/** @param {{workspace: string, settings: import('./api.js').Settings, setSettings: (settings: import('./api.js').Settings) => void}} props */
function Configuration({ workspace, settings, setSettings }) {
	const keys = /** @type {Key[]} */ (settings.keys);
	const [drafts, setDrafts] = useState(/** @type {Record<string, string|boolean>} */ ({}));
	const [problems, setProblems] = useState(/** @type {Record<string, string>} */ ({}));
	const [busy, setBusy] = useState(false);
	const stored = (/** @type {Key} */ spec) => draftOf(spec, valueOf(settings.config, spec.key));
	const changed = keys.filter((spec) => drafts[spec.key] !== undefined && drafts[spec.key] !== stored(spec));
	const dirty = changed.length > 0;

	useEffect(() => {
		if (!dirty) return;
		/** @param {BeforeUnloadEvent} event */
		const ask = (event) => event.preventDefault();
		addEventListener('beforeunload', ask);
		return () => removeEventListener('beforeunload', ask);
	}, [dirty]);

	/** @param {Record<string, string>} found */
	const show = (found) => {
		setProblems(found);
		const first = keys.find((spec) => found[spec.key]);
		if (first) requestAnimationFrame(() => document.getElementById(`key-${first.key}`)?.focus());
	};

	/** @param {Record<string, unknown>} values @param {Record<string, unknown>|undefined} undo */
	const put = async (values, undo) => {
		setBusy(true);
		try {
			setSettings(await api.saveSettings(workspace, nested(values)));
			setDrafts({});
			setProblems({});
			toast(undo ? 'Saved. Pages take it up when they load next.' : 'The settings are as they were.', undo ? { action: { label: 'Undo', run: () => put(undo, undefined) } } : {});
		} catch (error) {
			const failure = /** @type {import('./api.js').ApiError} */ (error), at = fieldOf(failure.field);
			if (at && keys.some((spec) => spec.key === at.key)) {
				// Beside the field its name need not be said again.
				const said = failure.message.replace(`The field ${failure.field} `, 'This ');
				show({ [at.key]: `${at.line ? `Line ${at.line}: ` : ''}${said}` });
			}
			else toastError('Nothing was saved.', error);
		}
		setBusy(false);
	};
	const save = () => {
		/** @type {Record<string, unknown>} */
		const values = {}, undo = {};
		/** @type {Record<string, string>} */
		const found = {};
		for (const spec of changed) {
			const read = readDraft(spec, drafts[spec.key]);
			if ('problem' in read) found[spec.key] = read.problem; else { values[spec.key] = read.value; /** @type {any} */ (undo)[spec.key] = valueOf(settings.config, spec.key); }
		}
		if (Object.keys(found).length) show(found); else put(values, undo);
	};

	return <form onSubmit={(event) => { event.preventDefault(); save(); }} noValidate>
		{GROUPS.map(([group, title, intro]) => {
			const of = keys.filter((spec) => (spec.key.includes('.') ? spec.key.split('.')[0] : 'site') === group || (group === 'other' && !GROUPS.some(([it]) => it === spec.key.split('.')[0]) && spec.key.includes('.')));
			return of.length > 0 && <section key={group} class="settings-section" aria-labelledby={`group-${group}`}>
				<h2 id={`group-${group}`}>{title}</h2>{intro && <p class="lead">{intro}</p>}
				<div class="settings-card">{of.map((spec) => <Field key={spec.key} spec={spec} draft={drafts[spec.key] ?? stored(spec)} changed={changed.includes(spec)} problem={problems[spec.key]}
					onChange={(value) => { setDrafts((old) => ({ ...old, [spec.key]: value })); setProblems(({ [spec.key]: _, ...rest }) => rest); }} />)}</div>
			</section>;
		})}
		<div class={`save-bar ${dirty ? 'shown' : ''}`} role="region" aria-label="Changes">
			<p role="status">{dirty ? `${count(changed.length, 'change')} not saved` : ''}</p>
			<button type="button" class="button" disabled={busy || !dirty} onClick={() => { setDrafts({}); setProblems({}); }}>Discard</button>
			<button class="button primary" disabled={busy || !dirty}>{busy ? 'Saving…' : 'Save'}</button>
		</div>
	</form>;
}

/** @param {{workspace: string, settings: import('./api.js').Settings, reload: () => Promise<void>}} props */
function Keys({ workspace, settings, reload }) {
	const [made, setMade] = useState(/** @type {{id: string, api_key: string}|undefined} */ (undefined));
	const [asking, setAsking] = useState('');
	const [busy, setBusy] = useState(false);
	const callout = useRef(/** @type {HTMLDivElement|null} */ (null));
	useEffect(() => { if (made) callout.current?.focus(); }, [made]);
	const add = async () => {
		setBusy(true);
		try { setMade(await api.addKey(workspace)); await reload(); } catch (error) { toastError('No key was made.', error); }
		setBusy(false);
	};
	/** @param {string} id */
	const revoke = async (id) => {
		setBusy(true);
		try { await api.removeKey(workspace, id); if (made?.id === id) setMade(undefined); await reload(); toast('The key was revoked. Requests with it are refused from now on.'); } catch (error) { toastError('The key still works.', error); }
		setAsking('');
		setBusy(false);
	};
	return <section class="settings-section" id="keys" aria-labelledby="keys-title">
		<h2 id="keys-title">Keys</h2>
		<div class="settings-card">
			<div class="setting">
				<div class="setting-about"><b class="setting-name">Project key</b><p>Names this workspace in your pages. It is public and can only send reports.</p></div>
				<div class="setting-value"><div class="key-line"><code>{settings.project_key}</code><CopyButton text={settings.project_key} what="project key" /></div></div>
			</div>
			<div class="setting">
				<div class="setting-about"><b class="setting-name">API keys</b><p>For your servers: asking for a user's session, reading reports.</p><p class="consequence"><b>Secret:</b> whoever has one can read every report of this workspace. Only its hash is stored.</p></div>
				<div class="setting-value">
					{made && <div class="callout" ref={callout} tabIndex={-1} role="group" aria-label="New API key"><p><b>Copy this key now.</b> It is not shown again.</p><div class="key-line"><code>{made.api_key}</code><CopyButton text={made.api_key} what="new API key" /></div></div>}
					<ul class="keys-list" role="list">{settings.api_keys.map((key) => <li key={key.id}>
						<code>{key.hint}</code><span class="none" title={absoluteTime(toMs(key.created_at))}>made {ago(toMs(key.created_at), Date.now())}</span>
						{asking === key.id ? <span class="asking"><span>Revoke for good?</span><button type="button" class="button small danger" disabled={busy} onClick={() => revoke(key.id)}>Revoke</button><button type="button" class="button small" onClick={() => setAsking('')}>Keep</button></span>
							: <button type="button" class="button small" onClick={() => setAsking(key.id)}>Revoke<Hidden> {key.hint}</Hidden></button>}
					</li>)}
						{!settings.api_keys.length && <li class="none">There is no API key. The Action API and the report API refuse every request until there is one.</li>}</ul>
					<button type="button" class="button" disabled={busy} onClick={add}>Make an API key</button>
				</div>
			</div>
		</div>
	</section>;
}

/** @param {Record<string, unknown>} csp @returns {string} lines as they stand in a policy */
const policy = (csp) => Object.entries(csp ?? {}).filter(([, value]) => value && value !== '').map(([name, value]) => `${name.replaceAll('_', '-')} ${Array.isArray(value) ? value.join(' ') : value};`).join('\n');

/** @param {{settings: import('./api.js').Settings}} props */
function Install({ settings }) {
	const lines = policy(settings.csp);
	const inline = lines.replace(/^script-src /m, "script-src 'nonce-…' ");
	return <section class="settings-section" id="install" aria-labelledby="install-title">
		<h2 id="install-title">Install</h2>
		<p class="lead">Put one of the two into the <code>head</code> of your pages, as early as possible. Both record the same.</p>
		<div class="install">
			<div><h3>Snippet</h3><p>Calls made before the script has loaded are kept and replayed in order.</p>
				<CodeBlock text={settings.snippet} what="Install snippet" label="HTML" />
				<p class="hint">If your pages send a Content-Security-Policy, it needs these sources. The snippet is an inline script: give it your page's nonce.</p>
				<CodeBlock text={inline} what="Policy for the snippet" label="Content-Security-Policy" /></div>
			<div><h3>Strict-CSP form</h3><p>One tag, no inline script.</p>
				<CodeBlock text={settings.snippet_csp} what="Strict-CSP snippet" label="HTML" />
				<p class="hint">Add these sources to your Content-Security-Policy, nothing inline is needed.</p>
				<CodeBlock text={lines} what="Policy for the strict-CSP form" label="Content-Security-Policy" /></div>
		</div>
		<h3 class="identify-title">Say who the user is</h3>
		<CodeBlock text={'Rearview.identify({ id: "42", email: "ada@example.com", firstName: "Ada" });'} what="Identify" label="JavaScript" />
	</section>;
}

/** @param {{workspace: import('./api.js').Workspace}} props */
export function SettingsPage({ workspace }) {
	const [settings, setSettings] = useState(/** @type {import('./api.js').Settings|undefined} */ (undefined));
	const [error, setError] = useState(/** @type {unknown} */ (undefined));
	const load = async () => {
		setError(undefined);
		try { setSettings(await api.settings(workspace.id)); } catch (failure) { setError(failure); }
	};
	useEffect(() => { document.title = `Settings · ${workspace.name} · Rearview`; load(); }, []);
	useEffect(() => { if (settings && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); }, [Boolean(settings)]);
	if (error && !settings) return <Failure title="The settings could not be loaded" error={error} safe="Nothing was changed." retry={load} />;
	return <div class="settings-page">
		<h1>Settings</h1><p class="lead">of the workspace <b>{workspace.name}</b></p>
		{!settings ? <div aria-busy="true"><Hidden>Loading the settings</Hidden>{[1, 2, 3].map((i) => <section key={i} class="settings-section" aria-hidden="true"><i class="bone w1" /><div class="settings-card tall" /></section>)}</div>
			: <>
				<Install settings={settings} />
				<Keys workspace={workspace.id} settings={settings} reload={load} />
				<Configuration workspace={workspace.id} settings={settings} setSettings={setSettings} />
			</>}
	</div>;
}
