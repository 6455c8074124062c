/** The network's tab: requests with a waterfall, and one request's timings, headers, bodies and messages. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clockTime, count, duration, relative, shortType, shortUrl, size, text, toMs } from './format.js';
import { Facts, Long, useCurrent, useFilter } from './panels.jsx';
import { CopyButton, Empty, Icon } from './ui.jsx';
import { VirtualList } from './virtual.jsx';

/** @typedef {import('./player.jsx').Player} Player */
/** @typedef {{name: string, label: string, ms: number}} Phase */
/**
 * @typedef {{id: number, at: number, end: number, method: string, url: string, path: string, status: number, type: string, kind: string, duration: number|undefined, sent: number|undefined, received: number|undefined,
 *   error: string, state: string, failed: boolean, phases: Phase[], raw: any}} RequestRow
 *   end: when it was over, or the last that is known of it
 */

const PHASES = /** @type {[string, string][]} */ ([['blocked', 'Waiting to start'], ['redirect', 'Redirects'], ['worker', 'Service worker'], ['dns', 'Finding the host'], ['connect', 'Connecting'], ['tls', 'Securing the connection'], ['wait', 'Waiting for the answer'], ['receive', 'Receiving']]);
const STATES = /** @type {Record<string, string>} */ ({ pending: 'No answer yet', streaming: 'Still receiving', open: 'Open' });
const FRAMES_SHOWN = 200;
const PRETTY_MAX = 300_000;

/** @param {unknown} it */
const number = (it) => typeof it === 'number' && it >= 0 ? it : undefined;

/** @param {any} timings @returns {Phase[]} */
function phasesOf(timings) {
	if (!timings || typeof timings !== 'object') return [];
	const tls = number(timings.tls) ?? 0;
	return PHASES.map(([name, label]) => ({ name, label, ms: name === 'connect' ? Math.max((number(timings.connect) ?? 0) - tls, 0) : number(timings[name]) ?? 0 })).filter((it) => it.ms > 0);
}

/** @param {string} type */
const kindOf = (type) => type === 'websocket' || type === 'eventsource' ? 'socket' : type === 'resource' ? 'resource' : 'fetch';

/** @param {unknown} logs @param {unknown} page address of the page @returns {RequestRow[]} */
export function requestRows(logs, page) {
	if (!Array.isArray(logs)) return [];
	return logs.filter((it) => it && typeof it === 'object').map((it, id) => {
		const status = Number(it.status) || 0, error = text(it.error), at = toMs(it.ts), frames = Array.isArray(it.frames) ? it.frames : [];
		const last = frames.length ? toMs(frames[frames.length - 1]?.ts) : NaN;
		return { id, at, end: Math.max(at + (number(it.duration_ms) ?? 0), Number.isFinite(last) ? last : at), method: text(it.method).toUpperCase() || (kindOf(text(it.type)) === 'socket' ? 'WS' : '–'), url: text(it.url), path: shortUrl(it.url, page), status,
			type: text(it.content_type) || text(it.type), kind: kindOf(text(it.type)), duration: number(it.duration_ms), sent: number(it.request_bytes), received: number(it.transferred_bytes) ?? number(it.response_bytes),
			error, state: text(it.state), failed: error !== '' || status >= 400, phases: phasesOf(it.timings), raw: it };
	}).sort((a, b) => a.at - b.at);
}

/** Text headers may come as an object or as pairs. @param {unknown} headers @returns {[string, string][]} */
function pairs(headers) {
	if (Array.isArray(headers)) return headers.map((it) => Array.isArray(it) ? [text(it[0]), text(it[1])] : [text(it?.name), text(it?.value)]);
	return headers && typeof headers === 'object' ? Object.entries(headers).map(([name, value]) => [name, text(value)]) : [];
}

/** A bar in time; phases in order where they are known. @param {{row: RequestRow, from: number, to: number}} props */
function Bar({ row, from, to }) {
	const span = Math.max(to - from, 1), start = (row.at - from) / span * 100, width = Math.max((row.end - row.at) / span * 100, 0);
	const known = row.phases.reduce((sum, it) => sum + it.ms, 0), whole = Math.max(known, row.duration ?? 0, 0.001);
	return <span class="waterfall" aria-hidden="true"><i style={{ insetInlineStart: `${Math.min(Math.max(start, 0), 100)}%`, inlineSize: `${Math.min(width, 100)}%` }}>
		{row.phases.length ? row.phases.map((it) => <b key={it.name} class={`phase-${it.name}`} style={{ flexGrow: it.ms / whole }} />) : <b class="phase-all" style={{ flexGrow: 1 }} />}
	</i></span>;
}

/** What a bar says. @param {RequestRow} row */
const barWords = (row) => [row.duration === undefined ? STATES[row.state] : `took ${duration(row.duration)}`, ...row.phases.map((it) => `${it.label.toLowerCase()} ${duration(it.ms)}`)].filter(Boolean).join(', ');

/** @param {{row: RequestRow}} props */
function Timings({ row }) {
	const whole = Math.max(row.phases.reduce((sum, it) => sum + it.ms, 0), row.duration ?? 0, 0.001);
	let before = 0;
	return <><h3>Timing</h3><dl class="phases">{row.phases.map((it) => {
		const left = before;
		before += it.ms;
		return <div key={it.name}><dt>{it.label}</dt><dd class="phase-bar" aria-hidden="true"><b class={`phase-${it.name}`} style={{ insetInlineStart: `${left / whole * 100}%`, inlineSize: `${it.ms / whole * 100}%` }} /></dd><dd class="number">{duration(it.ms)}</dd></div>;
	})}</dl></>;
}

/** @param {{frames: any[], zero: number}} props */
function Frames({ frames, zero }) {
	const [all, setAll] = useState(false);
	return <><h3>Messages</h3><ol class="frames">{(all ? frames : frames.slice(0, FRAMES_SHOWN)).map((it, i) => {
		const sent = it?.direction === 'sent';
		return <li key={i} class={sent ? 'sent' : 'received'}><time title={clockTime(toMs(it?.ts))}>{relative(toMs(it?.ts), zero)}</time><span class="frame-way">{sent ? '↑ Sent' : '↓ Received'}</span><span class="number">{size(it?.bytes)}</span>
			<code dir="auto">{it?.binary ? 'Binary' : text(it?.text) || <span class="none">Text is not recorded</span>}</code></li>;
	})}</ol>{!all && frames.length > FRAMES_SHOWN && <button class="link" onClick={() => setAll(true)}>Show all {frames.length.toLocaleString()} messages</button>}</>;
}

/** JSON laid out, or as it came. @param {{what: string, body: string}} props */
function Body({ what, body }) {
	const [raw, setRaw] = useState(false);
	const pretty = useMemo(() => {
		if (body.length > PRETTY_MAX || !/^\s*[[{]/.test(body)) return undefined;
		try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return undefined; }
	}, [body]);
	return <><h3>{what}{pretty !== undefined && pretty !== body && <button class="link" aria-pressed={raw} onClick={() => setRaw(!raw)}>{raw ? 'Laid out' : 'As it came'}</button>}<CopyButton text={body} what={what.toLowerCase()} /></h3><Long key={String(raw)} what={what}>{raw ? body : pretty ?? body}</Long></>;
}

/** @param {{row: RequestRow, zero: number, onClose: () => void}} props */
function RequestDetails({ row, zero, onClose }) {
	const section = useRef(/** @type {HTMLElement|null} */ (null));
	useEffect(() => section.current?.focus({ preventScroll: true }), [row.id]);
	const { raw } = row, frames = Array.isArray(raw.frames) ? raw.frames : [];
	const requestHeaders = pairs(raw.request_headers), responseHeaders = pairs(raw.response_headers);
	const requestBody = text(raw.request_body), responseBody = text(raw.response_body);
	const messages = [number(raw.messages_sent) !== undefined && `${raw.messages_sent} sent`, number(raw.messages_received) !== undefined && `${raw.messages_received} received`].filter(Boolean).join(', ');
	return <section class="drawer" ref={section} tabIndex={-1} aria-label="Request details" onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); onClose(); } }}>
		<header><h2><span class="method">{row.method}</span> <span dir="ltr">{row.path}</span></h2><CopyButton text={row.url} label="Copy URL" /><button class="button icon-only quiet small" aria-label="Close details" onClick={onClose}><Icon name="close" /></button></header>
		<div class="drawer-body">
			<Facts rows={[['URL', row.url], ['Status', row.status || STATES[row.state] || (row.error ? 'No response' : '')], ['Error', row.error], ['Started', `${relative(row.at, zero)} (${clockTime(row.at)})`], ['Duration', row.duration === undefined ? '' : duration(row.duration)], ['Type', row.type],
				['Protocol', raw.protocol], ['Started by', raw.initiator], ['Trace', raw.trace], ['Sent', row.sent === undefined ? '' : size(row.sent)], ['Received', number(raw.response_bytes) === undefined ? '' : size(raw.response_bytes)], ['Transferred', number(raw.transferred_bytes) === undefined ? '' : size(raw.transferred_bytes)],
				['Messages', messages], ['Closed', raw.close_code === undefined ? '' : [raw.close_code, raw.close_reason].filter(Boolean).join(': ')]]} />
			{row.phases.length > 0 && <Timings row={row} />}
			{frames.length > 0 && <Frames frames={frames} zero={zero} />}
			{requestHeaders.length > 0 && <><h3>Request headers</h3><Facts rows={requestHeaders} /></>}
			{requestBody && <Body what="Request body" body={requestBody} />}
			{responseHeaders.length > 0 && <><h3>Response headers</h3><Facts rows={responseHeaders} /></>}
			{responseBody && <Body what="Response body" body={responseBody} />}
			{!requestHeaders.length && !responseHeaders.length && !requestBody && !responseBody && <p class="hint">Headers and bodies are recorded only where the settings allow them by name.</p>}
		</div>
	</section>;
}

const KIND_CHIPS = /** @type {[string, string][]} */ ([['fetch', 'Fetch'], ['socket', 'Sockets'], ['resource', 'Resources']]);

/** Every word must be there, none that begins with a minus. @param {RequestRow} row @param {string} words */
function matches(row, words) {
	const all = `${row.method} ${row.url} ${row.status} ${row.type} ${row.error}`.toLowerCase();
	return words.split(/\s+/).every((word) => word.startsWith('-') && word.length > 1 ? !all.includes(word.slice(1)) : all.includes(word));
}

/** @param {{player: Player, rows: RequestRow[], zero: number, picked: {kind: string, id: number, n: number}|undefined}} props */
export function NetworkPanel({ player, rows, zero, picked }) {
	const [onlyFailed, setOnlyFailed] = useState(false);
	const [kind, setKind] = useState('');
	const [words, field] = useFilter();
	const [open, setOpen] = useState(/** @type {RequestRow|undefined} */ (undefined));
	const panel = useRef(/** @type {HTMLDivElement|null} */ (null));
	const [seen, setSeen] = useState({ from: 0, to: 40 });
	const failed = useMemo(() => rows.filter((row) => row.failed).length, [rows]);
	const kinds = useMemo(() => KIND_CHIPS.filter(([id]) => rows.some((row) => row.kind === id)), [rows]);
	const shown = useMemo(() => rows.filter((row) => (!onlyFailed || row.failed) && (!kind || row.kind === kind) && (!words || matches(row, words))), [rows, onlyFailed, kind, words]);
	const current = useCurrent(player, shown);
	/* The waterfall spans the rows in sight, so that short requests of a long recording can be told apart. */
	const [from, to] = useMemo(() => {
		const part = shown.slice(seen.from, seen.to).filter((row) => Number.isFinite(row.at));
		return part.length ? [Math.min(...part.map((row) => row.at)), Math.max(...part.map((row) => row.end), part[0].at + 1)] : [0, 1];
	}, [shown, seen]);
	useEffect(() => { if (picked?.kind === 'network') { setOnlyFailed(false); setKind(''); setOpen(rows.find((row) => row.id === picked.id)); } }, [picked]);
	const close = () => {
		const index = open ? shown.indexOf(open) : -1;
		setOpen(undefined);
		requestAnimationFrame(() => /** @type {HTMLElement|null|undefined} */ (panel.current?.querySelector(`[data-index="${index}"] [data-main]`))?.focus());
	};

	if (!rows.length) return <Empty icon="network" title="No request was recorded"><p>Requests the page makes appear here, up to the moment of the report.</p></Empty>;
	return <div class="network" ref={panel}>
		<div class="panel-tools">
			<div class="chips" role="group" aria-label="Requests">
				<button class="chip" aria-pressed={!onlyFailed && !kind} onClick={() => { setOnlyFailed(false); setKind(''); }}>All {rows.length.toLocaleString()}</button>
				<button class="chip level-error" aria-pressed={onlyFailed} disabled={!failed} onClick={() => setOnlyFailed(!onlyFailed)}><Icon name="error" />Failed {failed.toLocaleString()}</button>
				{kinds.length > 1 && kinds.map(([id, label]) => <button key={id} class="chip" aria-pressed={kind === id} onClick={() => setKind(kind === id ? '' : id)}>{label}</button>)}
			</div>
			{field('Filter requests')}
		</div>
		<p class="visually-hidden" role="status">{onlyFailed || kind || words ? count(shown.length, 'request') : ''}</p>
		{!shown.length ? <Empty icon="search" title="No request matches" /> : <VirtualList rows={shown} rowHeight={28} label="Requests" keyOf={(row) => row.id} current={current} onActivate={(row) => { player.seek(row.at); setOpen(row); }} onSeen={setSeen}
			head={<div class="request request-head" aria-hidden="true"><span>Time</span><span>Method</span><span>Address</span><span>Status</span><span>Type</span><span>Size</span><span>Duration</span><span class="waterfall-head"><span>{relative(from, zero)}</span><span>{duration(to - from)}</span></span></div>}
			row={(row, at) => <button class={`request ${row.failed ? 'failed' : ''} ${open?.id === row.id ? 'selected' : ''}`} data-main tabIndex={at.focusable ? 0 : -1} aria-expanded={open?.id === row.id} title={barWords(row)}>
				<time title={clockTime(row.at)}>{relative(row.at, zero)}</time>
				<span class="method">{row.method}</span>
				<span class="request-path" dir="ltr" title={row.url.slice(0, 500)}>{row.path}</span>
				<span class="request-status" title={row.error || STATES[row.state]}>{row.failed && <Icon name="error" />}{row.status || (row.error ? 'failed' : row.state || '–')}</span>
				<span title={row.type}>{shortType(row.type)}</span>
				<span class="number">{size(row.received)}</span>
				<span class="number">{duration(row.duration)}</span>
				<Bar row={row} from={from} to={to} />
			</button>} />}
		{open && <RequestDetails row={open} zero={zero} onClose={close} />}
	</div>;
}
