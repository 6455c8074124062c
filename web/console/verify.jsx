/** Verify installation: what the collector sees of the customer's pages, line by line as it happens. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { absoluteTime, ago, text, toMs } from './format.js';
import { CodeBlock, Failure, Hidden, Icon, followLink } from './ui.jsx';

/** @typedef {Record<string, {at: string, origin?: string}>} Seen */
/** @typedef {{id: string, number: number, replay: boolean, screenshot: boolean, notes: string[]}} Latest */
/** @typedef {{id: string, title: string, state: 'done'|'open'|'warn'|'off', at?: string, origin?: string, said?: any, help?: any}} Line */

const POLL_MS = 2000;

/**
 * The lines, in the order in which they come to pass. Files that the browser keeps are not asked for
 * again, so what can only follow from a step tells of that step too.
 * @param {Seen} seen @param {Latest|undefined} latest @param {import('./api.js').Settings} settings
 * @returns {Line[]}
 */
function linesOf(seen, latest, settings) {
	const { script_src, connect_src, worker_src, img_src } = settings.csp;
	const script = seen.script ?? seen.config ?? seen.report, recording = latest?.replay ? seen.report : seen.config && seen.recording;
	/* A visit begins with the script: what came before it belongs to an earlier one. */
	const now = (/** @type {{at: string}|undefined} */ it) => it && seen.config && !(toMs(it.at) < toMs(seen.script?.at));
	const refused = seen.refused && !(toMs(seen.config?.at) >= toMs(seen.refused.at)) ? seen.refused : undefined;
	const picture = latest?.notes.find((it) => it.startsWith('screenshot: ')), always = settings.config?.actions?.always_connect === true;
	/** @param {string} id @param {string} title @param {{at: string, origin?: string}|undefined} it @param {any} help @param {any} [warning] @returns {Line} */
	const line = (id, title, it, help, warning) => ({ id, title, state: warning ? 'warn' : it ? 'done' : 'open', at: it?.at, origin: it?.origin, said: warning, help: it ? undefined : help });
	const policy = (/** @type {string} */ value) => <CodeBlock text={`${value};`} what="What the policy needs" label="Content-Security-Policy" />;
	const slow = [now(seen.no_worker) && ['no worker may run there, so the recording is made in the page itself.', `worker-src ${worker_src}`], now(seen.no_wasm) && ['no WebAssembly may run there, so the recording costs the page more.', `script-src ${script_src}`]].filter((it) => Array.isArray(it));
	return [
		line('script', 'Script loaded', script, <>
			<p>Is the tag in the page that you opened, and is this address reachable from there? Blockers of advertisements stop unknown scripts too: try a private window. If the page sends a policy, it needs</p>{policy(`script-src ${script_src}`)}</>),
		line('config', 'Configuration loaded', seen.config ?? seen.report, <>
			<p>{seen.script ? 'The script came, but did not ask for its configuration. Its project key may be an old one, or the page’s policy lacks' : 'Comes right after the script. If the page sends a policy, it needs'}</p>{policy(`connect-src ${connect_src}`)}</>,
			refused && <><p>Pages of {refused.origin ? <code>{refused.origin}</code> : 'an unknown origin'} are refused. Add the origin to “Allowed origins” in the <a href="/settings" onClick={followLink}>settings</a>.</p></>),
		line('recording', 'Recording', recording, <p>{seen.config ? 'The configuration came, but no recording began. Pages that wait for consent, and browsers that ask for Global Privacy Control where it is honoured, record nothing. Files that the browser has kept are not fetched again: a private window shows it anew.' : 'Begins when the page has its configuration.'}</p>,
			slow.length ? <><p>It records, at a higher cost: {slow.map(([why]) => why).join(' And ')} The page’s policy lacks</p>{policy(slow.map(([, value]) => value).join(';\n'))}<p>Once that is changed, open the page in a new private window.</p></> : undefined),
		line('identify', 'User identified', seen.identify, <>
			<p>Call this where your page knows who is signed in. It is told with the next report{always ? ', or at once over the action connection' : ''}.</p><CodeBlock text={'Rearview.identify({ id: "42", email: "ada@example.com" });'} what="Identify" label="JavaScript" /></>),
		always || seen.socket ? line('socket', 'Action connection open', seen.socket, <>
			<p>Pages open a WebSocket so that your servers can reach their users. Proxies must let upgrades through; a policy needs</p>{policy(`connect-src ${connect_src}`)}</>)
			: { id: 'socket', title: 'Action connection', state: 'off', said: <p>Not used: “Always connect Action WebSockets” is off in the <a href="/settings" onClick={followLink}>settings</a>. Switch it on if your servers ask for reports.</p> },
		line('report', 'Report received', seen.report, <>
			<p>Run this in the console of your page, or send a report with the panel.</p><CodeBlock text={'Rearview.saveReport({ title: "Verification" }, { screenshot: true });'} what="Send a report" label="JavaScript" /></>),
		line('picture', 'Picture of the page', latest?.screenshot ? seen.report : undefined, <p>Comes with a report that asks for one, as the line above does.</p>,
			picture && !latest?.screenshot && <><p>The picture could not be made: {picture.slice('screenshot: '.length)}. If the page sends a policy, it needs</p>{policy(`img-src ${img_src}`)}</>),
	];
}

const MARKS = /** @type {Record<string, [import('./ui.jsx').IconName, string]>} */ ({ done: ['done', 'Done'], open: ['open', 'Waiting'], warn: ['warn', 'Needs attention'], off: ['info', 'Not used'] });

/** @param {{workspace: import('./api.js').Workspace}} props */
export function VerifyPage({ workspace }) {
	const [settings, setSettings] = useState(/** @type {import('./api.js').Settings|undefined} */ (undefined));
	const [state, setState] = useState(/** @type {{now: string, seen: Seen}|undefined} */ (undefined));
	const [latest, setLatest] = useState(/** @type {Latest|undefined} */ (undefined));
	const [since, setSince] = useState('');
	const [error, setError] = useState(/** @type {unknown} */ (undefined));
	const asked = useRef('');

	const load = () => { setError(undefined); api.settings(workspace.id).then(setSettings, setError); };
	useEffect(() => { document.title = `Verify installation · ${workspace.name} · Rearview`; load(); }, []);
	useEffect(() => {
		const stop = new AbortController();
		let timer = 0;
		const look = async () => {
			if (document.hidden) return;
			clearTimeout(timer);
			try {
				const next = await api.seen(workspace.id, stop.signal), at = next.seen.report?.at ?? '';
				if (at && at !== asked.current) {
					const { reports: [row] } = await api.reports({ workspace: workspace.id, limit: '1' }, stop.signal);
					const report = row && await api.report(row.id, stop.signal);
					setLatest(row && { id: row.id, number: row.number, ...row.has, notes: (Array.isArray(report?.capture?.notes) ? report.capture.notes : []).map(text) });
					asked.current = at;
				}
				setState(next);
				setError(undefined);
			} catch (failure) { if (!stop.signal.aborted) setError(failure); }
			if (!stop.signal.aborted) timer = window.setTimeout(look, POLL_MS);
		};
		document.addEventListener('visibilitychange', look);
		look();
		return () => { stop.abort(); clearTimeout(timer); document.removeEventListener('visibilitychange', look); };
	}, []);

	if (error && !(settings && state)) return <Failure title="This page could not be loaded" error={error} safe="Nothing was changed." retry={load} />;
	const seen = state && Object.fromEntries(Object.entries(state.seen).filter(([, it]) => toMs(it.at) > (toMs(since) || 0)));
	const lines = settings && seen && linesOf(seen, seen.report && latest, settings);
	const counted = lines?.filter((it) => it.state !== 'off') ?? [], done = counted.filter((it) => it.state === 'done').length;
	const next = lines?.find((it) => it.state === 'open');
	return <div class="settings-page verify"><h1>Verify installation</h1>
		<p class="lead">Put the tag from the <a href="/install" onClick={followLink}>install page</a> into a page of <b>{workspace.name}</b> and open that page in a private window, which has kept nothing. The lines below follow along.</p>
		<div class="verify-head"><p role="status">{lines ? done === counted.length ? <><Icon name="done" class="good" /><b>Everything works.</b></> : `${done} of ${counted.length} done` : ''}</p>
			<button class="button small" disabled={!state} onClick={() => setSince(state?.now ?? '')}>Start over</button></div>
		{error ? <p class="pill-note" role="alert"><Icon name="warn" />The collector cannot be reached. What you see may be old.</p> : null}
		{!lines ? <div aria-busy="true"><Hidden>Loading</Hidden><div class="settings-card tall" /></div> : <ol class="settings-card checks" role="list">{lines.map((it) => <li key={it.id} id={`check-${it.id}`} class={`check check-${it.state}`}>
			<Icon name={MARKS[it.state][0]} />
			<div><p class="check-title"><b>{it.title}</b><Hidden>: {MARKS[it.state][1]}</Hidden>
				{it.at && <span class="none"><time dateTime={it.at} title={absoluteTime(toMs(it.at))}>{ago(toMs(it.at), toMs(state?.now))}</time>{it.origin && <> from <span dir="ltr">{it.origin}</span></>}</span>}
				{it.id === 'report' && it.state === 'done' && latest && <a href={`/r/${encodeURIComponent(latest.id)}`} onClick={followLink}>Open #{latest.number}</a>}</p>
				{it.said}{it === next && it.help}</div>
		</li>)}</ol>}
		<p class="hint">The collector keeps these times in its memory: after a restart the lines begin anew.</p>
	</div>;
}
