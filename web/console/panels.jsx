/** The tabs that list: console and network. Everything recorded is shown as text, whatever it holds. */
import { isValidElement } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clockTime, count, duration, line, relative, shortType, shortUrl, size, text, toMs } from './format.js';
import { useStore } from './store.js';
import { CopyButton, Empty, Hidden, Icon } from './ui.jsx';
import { VirtualList, lastAt } from './virtual.jsx';

/** @typedef {import('./player.jsx').Player} Player */
/** @typedef {{id: number, at: number, level: string, group: string, args: unknown[], message: string, stack: string, count: number}} LogRow */
/**
 * @typedef {{id: number, at: number, method: string, url: string, path: string, status: number, type: string, duration: number|undefined, sent: number|undefined, received: number|undefined,
 *   error: string, failed: boolean, raw: any}} RequestRow
 */

const GROUPS = /** @type {Record<string, string>} */ ({ error: 'error', assert: 'error', warn: 'warn', warning: 'warn', info: 'info', log: 'log', debug: 'debug', trace: 'debug' });
const GROUP_LABELS = /** @type {[string, string, import('./ui.jsx').IconName][]} */ ([['error', 'Errors', 'error'], ['warn', 'Warnings', 'warn'], ['info', 'Info', 'info'], ['log', 'Log', 'log'], ['debug', 'Debug', 'debug']]);
const LINE_MAX = 400;
const DETAIL_MAX = 20_000;

/** @param {unknown} logs @returns {LogRow[]} */
export function logRows(logs) {
	if (!Array.isArray(logs)) return [];
	return logs.filter((it) => it && typeof it === 'object').map((it, id) => {
		const args = Array.isArray(it.args) ? it.args : it.message !== undefined ? [it.message] : [];
		const level = text(it.level) || 'log';
		return { id, at: toMs(it.ts), level, group: GROUPS[level] ?? 'log', args, message: args.map(line).join(' '), stack: text(it.stack), count: Number(it.count) || 1 };
	}).sort((a, b) => a.at - b.at);
}

/** @param {unknown} logs @param {unknown} page address of the page @returns {RequestRow[]} */
export function requestRows(logs, page) {
	if (!Array.isArray(logs)) return [];
	/** @param {unknown} it */
	const number = (it) => typeof it === 'number' && it >= 0 ? it : undefined;
	return logs.filter((it) => it && typeof it === 'object').map((it, id) => {
		const status = Number(it.status) || 0, error = text(it.error);
		return { id, at: toMs(it.ts), method: text(it.method).toUpperCase() || '–', url: text(it.url), path: shortUrl(it.url, page), status, type: text(it.type), duration: number(it.duration_ms),
			sent: number(it.request_bytes), received: number(it.response_bytes), error, failed: error !== '' || status >= 400, raw: it };
	}).sort((a, b) => a.at - b.at);
}

/** A filter field and its words. */
function useFilter() {
	const [value, setValue] = useState('');
	return /** @type {const} */ ([value.trim().toLowerCase(), (/** @type {string} */ label) => <label class="search small"><Icon name="search" /><span class="visually-hidden">{label}</span>
		<input type="search" placeholder="Filter" value={value} onInput={(event) => setValue(event.currentTarget.value)} /></label>]);
}

/** Long text, cut, with a way to the rest. @param {{children: string, what: string}} props */
function Long({ children, what }) {
	const [all, setAll] = useState(false);
	const cut = !all && children.length > DETAIL_MAX;
	return <div class="long"><pre tabIndex={0} role="group" aria-label={what}>{cut ? children.slice(0, DETAIL_MAX) : children}</pre>
		{cut && <button class="link" onClick={() => setAll(true)}>Show all {size(children.length)}</button>}</div>;
}

/**
 * Index of the row at the playhead; renders again only when it changes.
 * @param {Player} player @param {{at: number}[]} rows
 */
function useCurrent(player, rows) {
	const times = useMemo(() => rows.map((row) => row.at), [rows]);
	const ready = useStore(player.state, (it) => it.status === 'ready');
	const index = useStore(player.now, (now) => lastAt(times, now + 20));
	return ready ? index : -1;
}

/** @param {{player: Player, rows: LogRow[], zero: number, picked: {kind: string, id: number, n: number}|undefined}} props */
export function ConsolePanel({ player, rows, zero, picked }) {
	const [group, setGroup] = useState('');
	const [words, field] = useFilter();
	const [opened, setOpened] = useState(/** @type {Set<number>} */ (new Set()));
	const counts = useMemo(() => {
		/** @type {Record<string, number>} */
		const n = {};
		for (const row of rows) n[row.group] = (n[row.group] ?? 0) + row.count;
		return n;
	}, [rows]);
	const shown = useMemo(() => rows.filter((row) => (!group || row.group === group) && (!words || row.message.toLowerCase().includes(words) || row.stack.toLowerCase().includes(words))), [rows, group, words]);
	const current = useCurrent(player, shown);
	/** @param {LogRow} row @param {boolean} open */
	const expand = (row, open) => setOpened((old) => { const next = new Set(old); if (open) next.add(row.id); else next.delete(row.id); return next; });
	useEffect(() => { if (picked?.kind === 'console') { setGroup(''); setOpened((old) => new Set(old).add(picked.id)); } }, [picked]);

	if (!rows.length) return <Empty icon="log" title="Nothing was written to the console"><p>Messages, warnings and uncaught errors of the page appear here, up to the moment of the report.</p></Empty>;
	return <>
		<div class="panel-tools">
			<div class="chips" role="group" aria-label="Level">
				<button class="chip" aria-pressed={!group} onClick={() => setGroup('')}>All</button>
				{GROUP_LABELS.filter(([id]) => counts[id]).map(([id, label, icon]) => <button key={id} class={`chip level-${id}`} aria-pressed={group === id} onClick={() => setGroup(group === id ? '' : id)} title={label}><Icon name={icon} /><span class="chip-label">{label} </span>{counts[id].toLocaleString()}</button>)}
			</div>
			{field('Filter console')}
		</div>
		<p class="visually-hidden" role="status">{group || words ? count(shown.length, 'row') : ''}</p>
		{!shown.length ? <Empty icon="search" title="No row matches" /> : <VirtualList rows={shown} rowHeight={28} label="Console" keyOf={(row) => row.id} current={current} opened={opened} onActivate={(row) => player.seek(row.at)} onExpand={expand}
			row={(row, at) => <div class={`log level-${row.group}`}>
				<button class="log-toggle" tabIndex={-1} aria-expanded={opened.has(row.id)} aria-label="Details" onClick={() => expand(row, !opened.has(row.id))}><Icon name={opened.has(row.id) ? 'down' : 'right'} /></button>
				<button class="log-main" data-main tabIndex={at.focusable ? 0 : -1}>
					<time title={clockTime(row.at)}>{relative(row.at, zero)}</time>
					<Icon name={GROUP_LABELS.find(([id]) => id === row.group)?.[2] ?? 'log'} /><Hidden>{row.level}: </Hidden>
					<span class="log-text">{row.message.slice(0, LINE_MAX).replace(/\s+/g, ' ') || ' '}</span>
					{row.count > 1 && <span class="log-count" title={`${row.count} times`}>×{row.count}</span>}
				</button>
			</div>}
			detail={(row) => <div class="log-detail">
				{row.args.map((arg, i) => <Long key={i} what={`Value ${i + 1}`}>{text(arg)}</Long>)}
				{row.stack && <><h3>Stack</h3><Long what="Stack">{row.stack}</Long></>}
				<CopyButton text={[row.message, row.stack].filter(Boolean).join('\n')} what="message and stack" />
			</div>} />}
	</>;
}

/** Text headers may come as an object or as pairs. @param {unknown} headers @returns {[string, string][]} */
function pairs(headers) {
	if (Array.isArray(headers)) return headers.map((it) => Array.isArray(it) ? [text(it[0]), text(it[1])] : [text(it?.name), text(it?.value)]);
	return headers && typeof headers === 'object' ? Object.entries(headers).map(([name, value]) => [name, text(value)]) : [];
}

/** @param {{rows: [string, unknown][]}} props names and values; empty values are left out */
export function Facts({ rows }) {
	const full = rows.filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false);
	return <dl class="facts">{full.map(([name, value], i) => <div key={`${name}${i}`}><dt>{name}</dt><dd>{isValidElement(/** @type {any} */ (value)) ? /** @type {any} */ (value) : <span dir="auto">{text(value)}</span>}</dd></div>)}</dl>;
}

/** @param {{row: RequestRow, zero: number, onClose: () => void}} props */
function RequestDetails({ row, zero, onClose }) {
	const section = useRef(/** @type {HTMLElement|null} */ (null));
	useEffect(() => section.current?.focus({ preventScroll: true }), [row.id]);
	const requestHeaders = pairs(row.raw.request_headers), responseHeaders = pairs(row.raw.response_headers);
	const requestBody = text(row.raw.request_body), responseBody = text(row.raw.response_body);
	return <section class="drawer" ref={section} tabIndex={-1} aria-label="Request details" onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); onClose(); } }}>
		<header><h2><span class="method">{row.method}</span> <span dir="ltr">{row.path}</span></h2><CopyButton text={row.url} label="Copy URL" /><button class="button icon-only quiet small" aria-label="Close details" onClick={onClose}><Icon name="close" /></button></header>
		<div class="drawer-body">
			<Facts rows={[['URL', row.url], ['Status', row.status || (row.error ? 'No response' : '')], ['Error', row.error], ['Started', `${relative(row.at, zero)} (${clockTime(row.at)})`], ['Duration', row.duration === undefined ? '' : duration(row.duration)], ['Type', row.type], ['Sent', row.sent === undefined ? '' : size(row.sent)], ['Received', row.received === undefined ? '' : size(row.received)]]} />
			{requestHeaders.length > 0 && <><h3>Request headers</h3><Facts rows={requestHeaders} /></>}
			{requestBody && <><h3>Request body</h3><Long what="Request body">{requestBody}</Long></>}
			{responseHeaders.length > 0 && <><h3>Response headers</h3><Facts rows={responseHeaders} /></>}
			{responseBody && <><h3>Response body</h3><Long what="Response body">{responseBody}</Long></>}
			{!requestHeaders.length && !responseHeaders.length && !requestBody && !responseBody && <p class="hint">Headers and bodies are recorded only where the settings allow them by name.</p>}
		</div>
	</section>;
}

/** @param {{player: Player, rows: RequestRow[], zero: number, picked: {kind: string, id: number, n: number}|undefined}} props */
export function NetworkPanel({ player, rows, zero, picked }) {
	const [onlyFailed, setOnlyFailed] = useState(false);
	const [words, field] = useFilter();
	const [open, setOpen] = useState(/** @type {RequestRow|undefined} */ (undefined));
	const panel = useRef(/** @type {HTMLDivElement|null} */ (null));
	const failed = useMemo(() => rows.filter((row) => row.failed).length, [rows]);
	const shown = useMemo(() => rows.filter((row) => (!onlyFailed || row.failed) && (!words || `${row.method} ${row.url} ${row.status} ${row.type}`.toLowerCase().includes(words))), [rows, onlyFailed, words]);
	const longest = useMemo(() => Math.max(1, ...rows.slice(0, 20_000).map((row) => row.duration ?? 0)), [rows]);
	const current = useCurrent(player, shown);
	useEffect(() => { if (picked?.kind === 'network') { setOnlyFailed(false); setOpen(rows.find((row) => row.id === picked.id)); } }, [picked]);
	const close = () => {
		const index = open ? shown.indexOf(open) : -1;
		setOpen(undefined);
		requestAnimationFrame(() => /** @type {HTMLElement|null|undefined} */ (panel.current?.querySelector(`[data-index="${index}"] [data-main]`))?.focus());
	};

	if (!rows.length) return <Empty icon="network" title="No request was recorded"><p>Requests the page makes with fetch and XMLHttpRequest appear here, up to the moment of the report.</p></Empty>;
	return <div class="network" ref={panel}>
		<div class="panel-tools">
			<div class="chips" role="group" aria-label="Requests">
				<button class="chip" aria-pressed={!onlyFailed} onClick={() => setOnlyFailed(false)}>All {rows.length.toLocaleString()}</button>
				<button class="chip level-error" aria-pressed={onlyFailed} disabled={!failed} onClick={() => setOnlyFailed(!onlyFailed)}><Icon name="error" />Failed {failed.toLocaleString()}</button>
			</div>
			{field('Filter requests')}
		</div>
		<p class="visually-hidden" role="status">{onlyFailed || words ? count(shown.length, 'request') : ''}</p>
		{!shown.length ? <Empty icon="search" title="No request matches" /> : <VirtualList rows={shown} rowHeight={28} label="Requests" keyOf={(row) => row.id} current={current} onActivate={(row) => { player.seek(row.at); setOpen(row); }}
			head={<div class="request request-head" aria-hidden="true"><span>Time</span><span>Method</span><span>Address</span><span>Status</span><span>Type</span><span>Size</span><span>Duration</span></div>}
			row={(row, at) => <button class={`request ${row.failed ? 'failed' : ''} ${open?.id === row.id ? 'selected' : ''}`} data-main tabIndex={at.focusable ? 0 : -1} aria-expanded={open?.id === row.id}>
				<time title={clockTime(row.at)}>{relative(row.at, zero)}</time>
				<span class="method">{row.method}</span>
				<span class="request-path" dir="ltr" title={row.url.slice(0, 500)}>{row.path}</span>
				<span class="request-status" title={row.error || undefined}>{row.failed && <Icon name="error" />}{row.status || (row.error ? 'failed' : '–')}</span>
				<span title={row.type}>{shortType(row.type)}</span>
				<span class="number">{size(row.received)}</span>
				<span class="number request-time">{duration(row.duration)}<i aria-hidden="true"><i style={{ inlineSize: `${Math.max((row.duration ?? 0) / longest * 100, row.duration ? 2 : 0)}%` }} /></i></span>
			</button>} />}
		{open && <RequestDetails row={open} zero={zero} onClose={close} />}
	</div>;
}
