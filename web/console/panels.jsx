/** The console's tab, and what it shares with the network's. Everything recorded is shown as text, whatever it holds. */
import { isValidElement } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { clockTime, count, line, relative, size, text, toMs } from './format.js';
import { useStore } from './store.js';
import { CopyButton, Empty, Hidden, Icon } from './ui.jsx';
import { VirtualList, lastAt } from './virtual.jsx';

/** @typedef {import('./player.jsx').Player} Player */
/**
 * @typedef {{id: number, at: number, level: string, group: string, args: unknown[], message: string, stack: string, count: number, depth: number, kind: string, source: string}} LogRow
 *   depth: of console groups round it; kind: what it is when nobody logged it
 */

const GROUPS = /** @type {Record<string, string>} */ ({ error: 'error', assert: 'error', warn: 'warn', warning: 'warn', info: 'info', log: 'log', debug: 'debug', trace: 'debug' });
const GROUP_LABELS = /** @type {[string, string, import('./ui.jsx').IconName][]} */ ([['error', 'Errors', 'error'], ['warn', 'Warnings', 'warn'], ['info', 'Info', 'info'], ['log', 'Log', 'log'], ['debug', 'Debug', 'debug']]);
const KINDS = /** @type {Record<string, string>} */ ({ uncaught: 'Uncaught', rejection: 'Unhandled rejection', resource: 'Not loaded', csp: 'Blocked by policy', deprecation: 'Deprecated', intervention: 'Browser intervened' });
const isGroup = (/** @type {LogRow} */ row) => row.level === 'group' || row.level === 'group_collapsed';
const LINE_MAX = 400;
const DETAIL_MAX = 20_000;

/** @param {unknown} logs @returns {LogRow[]} */
export function logRows(logs) {
	if (!Array.isArray(logs)) return [];
	return logs.filter((it) => it && typeof it === 'object').map((it, id) => {
		const args = Array.isArray(it.args) ? it.args : it.message !== undefined ? [it.message] : [];
		const level = text(it.level) || 'log';
		return { id, at: toMs(it.ts), level, group: GROUPS[level] ?? 'log', args, message: args.map(line).join(' '), stack: text(it.stack), count: Number(it.count) || 1,
			depth: Math.min(Math.max(Math.floor(Number(it.depth)) || 0, 0), 20), kind: text(it.kind), source: it.source ? [text(it.source), it.line, it.column].filter(Boolean).join(':') : '' };
	}).sort((a, b) => a.at - b.at);
}

/** A filter field and its words. */
export function useFilter() {
	const [value, setValue] = useState('');
	return /** @type {const} */ ([value.trim().toLowerCase(), (/** @type {string} */ label) => <label class="search small"><Icon name="search" /><span class="visually-hidden">{label}</span>
		<input type="search" placeholder="Filter" value={value} onInput={(event) => setValue(event.currentTarget.value)} /></label>]);
}

/** Long text, cut, with a way to the rest. @param {{children: string, what: string}} props */
export function Long({ children, what }) {
	const [all, setAll] = useState(false);
	const cut = !all && children.length > DETAIL_MAX;
	return <div class="long"><pre tabIndex={0} role="group" aria-label={what}>{cut ? children.slice(0, DETAIL_MAX) : children}</pre>
		{cut && <button class="link" onClick={() => setAll(true)}>Show all {size(children.length)}</button>}</div>;
}

/**
 * Index of the row at the playhead; renders again only when it changes.
 * @param {Player} player @param {{at: number}[]} rows
 */
export function useCurrent(player, rows) {
	const times = useMemo(() => rows.map((row) => row.at), [rows]);
	const ready = useStore(player.state, (it) => it.status === 'ready');
	const index = useStore(player.now, (now) => lastAt(times, now + 20));
	return ready ? index : -1;
}

/** Rows of console.table: texts whose cells are parted by tabs, the first the head. @param {{rows: unknown[]}} props */
function Table({ rows }) {
	const cells = rows.slice(0, 200).map((row) => text(row).split('\t').slice(0, 50));
	return <div class="log-table" tabIndex={0} role="group" aria-label="Table"><table>
		<thead><tr>{cells[0]?.map((cell, i) => <th key={i} scope="col">{cell}</th>)}</tr></thead>
		<tbody>{cells.slice(1).map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k}>{cell.slice(0, LINE_MAX)}</td>)}</tr>)}</tbody>
	</table></div>;
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
	const [folded, setFolded] = useState(() => new Set(rows.filter((row) => row.level === 'group_collapsed').map((row) => row.id)));
	const shown = useMemo(() => {
		if (group || words) return rows.filter((row) => (!group || row.group === group) && (!words || `${row.message}\n${row.stack}\n${row.source}`.toLowerCase().includes(words)));
		let below = Infinity;
		return rows.filter((row) => {
			if (row.depth > below) return false;
			below = isGroup(row) && folded.has(row.id) ? row.depth : Infinity;
			return true;
		});
	}, [rows, group, words, folded]);
	const current = useCurrent(player, shown);
	/** @param {LogRow} row @param {boolean} open */
	const expand = (row, open) => isGroup(row) && !group && !words ? setFolded((old) => { const next = new Set(old); if (open) next.delete(row.id); else next.add(row.id); return next; }) : setOpened((old) => { const next = new Set(old); if (open) next.add(row.id); else next.delete(row.id); return next; });
	/** @param {LogRow} row */
	const isOpen = (row) => isGroup(row) && !group && !words ? !folded.has(row.id) : opened.has(row.id);
	useEffect(() => { if (picked?.kind === 'console') { setGroup(''); setFolded(new Set()); setOpened((old) => new Set(old).add(picked.id)); } }, [picked]);

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
			row={(row, at) => <div class={`log level-${row.group} ${isGroup(row) ? 'log-group' : ''}`} style={row.depth ? { '--depth': row.depth } : undefined}>
				<button class="log-toggle" tabIndex={-1} aria-expanded={isOpen(row)} aria-label={isGroup(row) ? 'Group' : 'Details'} onClick={() => expand(row, !isOpen(row))}><Icon name={isOpen(row) ? 'down' : 'right'} /></button>
				<button class="log-main" data-main tabIndex={at.focusable ? 0 : -1}>
					<time title={clockTime(row.at)}>{relative(row.at, zero)}</time>
					<Icon name={GROUP_LABELS.find(([id]) => id === row.group)?.[2] ?? 'log'} /><Hidden>{isGroup(row) ? `group${folded.has(row.id) ? ', closed' : ''}` : row.level}{row.depth > 0 ? `, level ${row.depth}` : ''}: </Hidden>
					{KINDS[row.kind] && <span class="log-kind">{KINDS[row.kind]}</span>}
					<span class="log-text">{row.level === 'clear' ? 'The console was cleared' : row.message.slice(0, LINE_MAX).replace(row.kind === 'uncaught' ? /^Uncaught (?=\S)/ : '', '').replace(/\s+/g, ' ') || ' '}</span>
					{row.count > 1 && <span class="log-count" title={`${row.count} times`}>×{row.count}</span>}
				</button>
			</div>}
			detail={(row) => <div class="log-detail">
				{row.level === 'table' ? <Table rows={row.args} /> : row.args.map((arg, i) => <Long key={i} what={`Value ${i + 1}`}>{text(arg)}</Long>)}
				{row.source && !row.stack && <><h3>Where</h3><Long what="Where">{row.source}</Long></>}
				{row.stack && <><h3>Stack</h3><Long what="Stack">{row.stack}</Long></>}
				<CopyButton text={[row.message, row.stack].filter(Boolean).join('\n')} what="message and stack" />
			</div>} />}
	</>;
}

/** @param {{rows: [string, unknown][]}} props names and values; empty values are left out */
export function Facts({ rows }) {
	const full = rows.filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false);
	return <dl class="facts">{full.map(([name, value], i) => <div key={`${name}${i}`}><dt>{name}</dt><dd>{isValidElement(/** @type {any} */ (value)) ? /** @type {any} */ (value) : <span dir="auto">{text(value)}</span>}</dd></div>)}</dl>;
}
