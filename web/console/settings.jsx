/** Settings: how to install, the keys, and every key of the configuration with what it does. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { absoluteTime, ago, count, toMs } from './format.js';
import { CodeBlock, CopyButton, Failure, Hidden, Icon, followLink, toast, toastError } from './ui.jsx';
import { GROUPS, WORDS, draftOf, readDraft } from './settings-keys.js';

/** @typedef {import('./settings-keys.js').Key} Key */

/** @param {any} config @param {string} key @returns {unknown} */
const valueOf = (config, key) => key.split('.').reduce((it, name) => it?.[name], config);

/** @param {Record<string, unknown>} values by dotted key @returns {any} nested */
function nested(values) {
	/** @type {any} */
	const out = {};
	for (const [key, value] of Object.entries(values)) {
		const path = key.split('.'), last = /** @type {string} */ (path.pop());
		path.reduce((it, name) => it[name] ??= {}, out)[last] = value;
	}
	return out;
}

/** The key and line a 422 speaks of: "privacy.mask_selectors[2]", "modules.feedback.fields[0].key". @param {string|undefined} field @param {Key[]} keys */
function fieldOf(field = '', keys) {
	const spec = keys.find((it) => field.startsWith(it.key) && (field.length === it.key.length || '.['.includes(field[it.key.length])));
	const rest = spec && field.slice(spec.key.length), line = rest ? /^\[(\d+)\]/.exec(rest) : undefined;
	return spec && { key: spec.key, rest, line: line ? Number(line[1]) + 1 : undefined };
}

/**
 * @param {{spec: Key, draft: string|boolean, changed: boolean, problem: string|undefined, onChange: (value: string|boolean) => void}} props
 */
function Field({ spec, draft, changed, problem, onChange }) {
	const words = WORDS[spec.key] ?? {}, id = `key-${spec.key}`, list = ['origins', 'selectors', 'patterns', 'headers', 'addresses', 'words'].includes(spec.type), long = list || spec.type === 'labels' || spec.type === 'css';
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
				: spec.type === 'fields' ? <FieldsEditor draft={String(draft)} onChange={onChange} id={id} />
				: spec.type === 'color' ? <span class="unit"><input {...shared} type="text" class="short" spellcheck={false} placeholder={words.placeholder} value={String(draft)} onInput={(event) => onChange(event.currentTarget.value)} /><input type="color" class="swatch" aria-label={`${label}, pick`} value={/^#[0-9a-f]{6}$/i.test(String(draft)) ? String(draft) : '#4338ca'} onInput={(event) => onChange(event.currentTarget.value)} /></span>
				: long ? <textarea {...shared} rows={Math.min(Math.max(String(draft).split('\n').length, 2), 8)} spellcheck={false} dir="ltr" placeholder={words.placeholder} value={String(draft)} onInput={(event) => onChange(event.currentTarget.value)} />
				: <span class="unit"><input {...shared} type="text" inputmode={spec.type === 'integer' ? 'decimal' : undefined} class={spec.type === 'integer' ? 'short' : ''} value={String(draft)} onInput={(event) => onChange(event.currentTarget.value)} />{words.unit && <span>{words.unit}</span>}</span>}
			<p class="problem" id={`${id}-problem`} role={problem ? 'alert' : undefined}>{problem && <><Icon name="error" />{problem}</>}</p>
			<p class="hint">{words.hint ?? (list ? 'One a line. ' : '')} Default: {spec.type === 'boolean' ? (standard ? 'on' : 'off') : standard === '' && spec.type !== 'choice' || standard === '[]' ? words.none ?? 'none' : spec.type === 'choice' ? (words.choices?.[String(standard)] ?? standard) : `${standard}${words.unit ? ` ${words.unit}` : ''}`}
				{draft !== standard && <> · <button class="link" type="button" onClick={() => onChange(standard)}>Use the default<Hidden> of {label}</Hidden></button></>}</p>
		</div>
	</div>;
}

const FIELD_TYPES = { text: 'Short text', textarea: 'Long text', select: 'Choice', checkbox: 'Tick box' };

/**
 * Fields of the panel, each a card; the draft is their JSON.
 * @param {{id: string, draft: string, onChange: (value: string) => void}} props
 */
function FieldsEditor({ id, draft, onChange }) {
	/** @type {{key: string, label: string, type: string, required: boolean, options: string[]}[]} */
	const fields = JSON.parse(draft);
	/** @param {typeof fields} next */
	const put = (next) => onChange(JSON.stringify(next));
	/** @param {number} at @param {Partial<typeof fields[0]>} change */
	const set = (at, change) => put(fields.map((it, i) => i === at ? { ...it, ...change } : it));
	/** @param {number} at @param {number} by */
	const move = (at, by) => { const next = [...fields]; next.splice(at + by, 0, ...next.splice(at, 1)); put(next); };
	const free = () => { let n = fields.length + 1; while (fields.some((it) => it.key === `field_${n}`)) n++; return `field_${n}`; };
	return <div class="fields-editor" id={id} tabIndex={-1}>
		{fields.map((field, i) => <fieldset key={i}>
			<legend>Field {i + 1}</legend>
			<label>Label<input type="text" maxLength={120} value={field.label} onInput={(event) => set(i, { label: event.currentTarget.value })} /></label>
			<label>Key in the report<input type="text" maxLength={40} dir="ltr" spellcheck={false} value={field.key} onInput={(event) => set(i, { key: event.currentTarget.value })} /></label>
			<label>Kind<select value={field.type} onChange={(event) => set(i, { type: event.currentTarget.value })}>{Object.entries(FIELD_TYPES).map(([type, name]) => <option key={type} value={type}>{name}</option>)}</select></label>
			<label class="fields-required"><input type="checkbox" checked={field.required} onChange={(event) => set(i, { required: event.currentTarget.checked })} />Required</label>
			{field.type === 'select' && <label>Choices, one a line<textarea rows={3} value={field.options.join('\n')} onInput={(event) => set(i, { options: event.currentTarget.value.split('\n') })} /></label>}
			<p class="fields-do">
				<button type="button" class="button small" disabled={i === 0} onClick={() => move(i, -1)}>Up<Hidden>, field {i + 1}</Hidden></button>
				<button type="button" class="button small" disabled={i === fields.length - 1} onClick={() => move(i, 1)}>Down<Hidden>, field {i + 1}</Hidden></button>
				<button type="button" class="button small" onClick={() => put(fields.filter((_, k) => k !== i))}>Remove<Hidden> field {i + 1}</Hidden></button></p>
		</fieldset>)}
		<button type="button" class="button" disabled={fields.length >= 20} onClick={() => put([...fields, { key: free(), label: '', type: 'text', required: false, options: [] }])}>Add a field</button>
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
			const failure = /** @type {import('./api.js').ApiError} */ (error), at = fieldOf(failure.field, keys);
			if (at) {
				// Beside the field its name need not be said again.
				const said = failure.message.replace(`The field ${failure.field} `, 'This ');
				show({ [at.key]: `${at.line ? `${at.key.endsWith('.fields') ? 'Field' : 'Line'} ${at.line}: ` : ''}${said}` });
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
	const lines = policy(settings.csp), inline = lines.replace(/^script-src /m, "script-src 'nonce-…' ");
	const endpoint = settings.csp.script_src.split(' ')[0], connect = settings.csp.connect_src;
	const npm = `script-src 'self' 'wasm-unsafe-eval';\nconnect-src ${connect};\nimg-src data:;\nworker-src 'self';`;
	return <>
		<section class="settings-section" aria-labelledby="form-snippet"><h2 id="form-snippet">Snippet</h2>
			<p class="lead">Into the <code>head</code>, as early as possible. Calls made before the script has loaded are kept and replayed in order.</p>
			<CodeBlock text={settings.snippet} what="Install snippet" label="HTML" />
			<p class="hint">If your pages send a Content-Security-Policy, it needs these sources. The snippet is an inline script: give it your page's nonce.</p>
			<CodeBlock text={inline} what="Policy for the snippet" label="Content-Security-Policy" /></section>
		<section class="settings-section" aria-labelledby="form-tag"><h2 id="form-tag">Strict-CSP form</h2>
			<p class="lead">One tag, no inline script. It records the same.</p>
			<CodeBlock text={settings.snippet_csp} what="Strict-CSP snippet" label="HTML" />
			<CodeBlock text={lines} what="Policy for the strict-CSP form" label="Content-Security-Policy" /></section>
		{settings.snippet_pinned && <section class="settings-section" aria-labelledby="form-pinned"><h2 id="form-pinned">Pinned by its hash</h2>
			<p class="lead">The browser runs exactly this version and refuses any other. After every update of the collector take the new tag from here: until then pages with the old one record nothing.</p>
			<CodeBlock text={settings.snippet_pinned} what="Pinned tag" label="HTML" />
			<p class="hint">The policy is that of the strict-CSP form.</p></section>}
		<section class="settings-section" aria-labelledby="form-npm"><h2 id="form-npm">npm</h2>
			<p class="lead">Bundled with your code. Copy <code>rearview.worker.js</code> of the package to your own site and name its address: such a worker needs no blob: in your policy.</p>
			<CodeBlock text="npm install rearview" what="Install from npm" label="Shell" />
			<CodeBlock text={`import { init } from 'rearview';\n\ninit({\n\tprojectKey: '${settings.project_key}',\n\tendpoint: '${endpoint}',\n\tworkerUrl: '/rearview.worker.js',\n});`} what="Start from npm" label="JavaScript" />
			<CodeBlock text={npm} what="Policy for npm" label="Content-Security-Policy" /></section>
		<section class="settings-section" aria-labelledby="form-identify"><h2 id="form-identify">Say who the user is</h2>
			<CodeBlock text={'Rearview.identify({ id: "42", email: "ada@example.com", firstName: "Ada" });'} what="Identify" label="JavaScript" /></section>
	</>;
}

/** @param {{workspace: import('./api.js').Workspace}} props */
export function InstallPage({ workspace }) {
	const [settings, setSettings] = useState(/** @type {import('./api.js').Settings|undefined} */ (undefined));
	const [error, setError] = useState(/** @type {unknown} */ (undefined));
	const load = () => { setError(undefined); api.settings(workspace.id).then(setSettings, setError); };
	useEffect(() => { document.title = `Install · ${workspace.name} · Rearview`; load(); }, []);
	if (error && !settings) return <Failure title="The install page could not be loaded" error={error} safe="Nothing was changed." retry={load} />;
	return <div class="settings-page"><h1>Install</h1><p class="lead">Take one of these forms for the pages of <b>{workspace.name}</b>, then <a href="/verify" onClick={followLink}>verify the installation</a>.</p>
		{settings ? <Install settings={settings} /> : <div aria-busy="true"><Hidden>Loading</Hidden><div class="settings-card tall" /></div>}</div>;
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
				<section class="settings-section" id="install" aria-labelledby="install-title"><h2 id="install-title">Install</h2>
					<p class="lead">Snippet, strict-CSP tag, pinned tag and npm, each with the policy it needs, are on the <a href="/install" onClick={followLink}>install page</a>.</p>
					<CodeBlock text={settings.snippet_csp} what="Strict-CSP snippet" label="HTML" /></section>
				<Keys workspace={workspace.id} settings={settings} reload={load} />
				<Configuration workspace={workspace.id} settings={settings} setSettings={setSettings} />
			</>}
	</div>;
}
