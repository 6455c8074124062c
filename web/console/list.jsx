/**
 * The report list: newest first, filters in the address, refreshed every ten seconds while the tab is
 * seen. Rows that are shown change in place; new ones wait behind a button, so nothing moves by itself.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { TRIGGERS, absoluteTime, ago, count, shortUrl, toMs, userName } from './format.js';
import { navigate, useKeys, withQuery } from './store.js';
import { CodeBlock, Empty, Failure, Hidden, Icon, STATES, followLink } from './ui.jsx';

/** @typedef {import('./api.js').Row} Row */
/** @typedef {{key: string, rows: Row[], next: string|null, total: number, scroll: number, focused: string}} Loaded */

const POLL_MS = 10_000;
const PAGE = 50;
const FILTERS = ['search', 'state', 'has', 'trigger'];
/** Lists as they were left, by filter, so that "back" finds them unmoved. @type {Map<string, Loaded>} */
const left = new Map();
const LEFT_MAX = 8;

/** @param {Loaded} list */
function leave(list) {
	left.delete(list.key);
	left.set(list.key, list);
	for (const key of left.keys()) { if (left.size <= LEFT_MAX) break; left.delete(key); }
}

/** @param {{name: import('./ui.jsx').IconName, n?: number, one: string, many?: string, kind?: string}} props */
function Mark({ name, n, one, many, kind = '' }) {
	const title = n === undefined ? one : count(n, one, many);
	return <span class={`mark ${kind}`} title={title}><Icon name={name} />{n !== undefined && <span aria-hidden="true">{n > 999 ? '999+' : n}</span>}<Hidden>{title}</Hidden></span>;
}

/** @param {{row: Row, now: number}} props */
function ReportRow({ row, now }) {
	const state = STATES[row.state] ?? STATES.open;
	const when = toMs(row.created_at);
	const title = row.title || row.first_error || TRIGGERS[row.trigger] || 'Report';
	const who = userName(row.user);
	return <li class={`report-row state-${row.state}`} data-id={row.id}>
		<span class="cell-state" title={state.label}><Icon name={state.icon} /><Hidden>{state.label}</Hidden></span>
		<span class="cell-number">#{row.number}</span>
		<a class="cell-title" href={`/r/${encodeURIComponent(row.id)}`} onClick={followLink} title={title}>{!row.title && row.first_error && <Icon name="error" class="bad" />}<span>{title}</span></a>
		<span class="cell-user" title={row.user?.email ?? who}>{who || <span class="none">Unknown user</span>}</span>
		<span class="cell-page" title={row.page?.url ?? ''}>{row.page?.path || shortUrl(row.page?.url) || ''}</span>
		<span class="cell-marks">
			{row.errors > 0 && <Mark name="error" n={row.errors} one="error" kind="bad" />}
			{row.failed_requests > 0 && <Mark name="network" n={row.failed_requests} one="failed request" kind="warn" />}
			{row.has?.replay && <Mark name="replay" one="Replay" />}
			{row.has?.screenshot && <Mark name="picture" one="Picture" />}
		</span>
		<time class="cell-when" dateTime={row.created_at} title={absoluteTime(when)}>{ago(when, now)}</time>
	</li>;
}

function Skeleton({ n = 12 }) {
	return <ul class="report-rows" aria-hidden="true">{Array.from({ length: n }, (_, i) => <li key={i} class="report-row skeleton">
		<span class="cell-state"><i class="bone round" /></span><span class="cell-number"><i class="bone" /></span>
		<span class="cell-title"><i class={`bone w${i % 4}`} /></span><span class="cell-user"><i class="bone" /></span><span class="cell-page"><i class="bone" /></span><span class="cell-marks" /><span class="cell-when"><i class="bone" /></span>
	</li>)}</ul>;
}

/** @param {{workspace: import('./api.js').Workspace}} props what to do when there is no report yet */
function FirstReport({ workspace }) {
	const [snippet, setSnippet] = useState('');
	useEffect(() => { api.settings(workspace.id).then((it) => setSnippet(it.snippet), () => {}); }, [workspace.id]);
	const curl = `curl -X POST ${location.origin}/api/v1/action \\
  -H 'content-type: application/json' -H 'user-agent: curl' \\
  -H 'x-rearview-api-key: YOUR_API_KEY' \\
  -d '{"workspaceId":"${workspace.id}","userId":"USER_ID","action":"upload-session"}'`;
	return <div class="first">
		<Empty icon="replay" title="Reports will appear here">
			<p>A report shows what a user saw and did: replay, picture, console and network. To get the first one:</p>
		</Empty>
		<ol class="steps">
			<li><h3>Put the recorder into your page</h3>{snippet ? <CodeBlock text={snippet} what="Install snippet" /> : <div class="code-wait" />}
				<p class="hint">For a page with a strict Content-Security-Policy, use another form of the <a href="/install" onClick={followLink}>install page</a>. Then <a href="/verify" onClick={followLink}>verify the installation</a>, line by line.</p></li>
			<li><h3>Open the page, then ask for the session of its user</h3><CodeBlock text={curl} what="Action API" />
				<p class="hint">USER_ID is the id or e-mail your page gives to <code>identify</code>; make an API key in the <a href="/settings#keys" onClick={followLink}>settings</a>.</p></li>
		</ol>
	</div>;
}

/** @param {{workspace: import('./api.js').Workspace, query: URLSearchParams}} props */
export function ReportList({ workspace, query }) {
	const filter = useMemo(() => Object.fromEntries(FILTERS.flatMap((name) => query.get(name) ? [[name, /** @type {string} */ (query.get(name))]] : [])), [query.toString()]);
	const key = `${workspace.id}?${new URLSearchParams(filter)}`;
	const filtered = Object.keys(filter).length > 0;
	const [list, setList] = useState(/** @type {Loaded|undefined} */ (left.get(key)));
	const [error, setError] = useState(/** @type {unknown} */ (undefined));
	const [stale, setStale] = useState(false);
	const [fresh, setFresh] = useState(/** @type {Row[]} */ ([]));
	const [older, setOlder] = useState(/** @type {'idle'|'busy'|'failed'} */ ('idle'));
	const [now, setNow] = useState(Date.now);
	const [said, setSaid] = useState('');
	const search = useRef(/** @type {HTMLInputElement|null} */ (null));
	const rows = useRef(/** @type {HTMLUListElement|null} */ (null));
	const shown = useRef({ key, list });
	shown.current = { key, list };

	const load = async (/** @type {AbortSignal|undefined} */ signal) => {
		setError(undefined);
		try {
			const page = await api.reports({ workspace: workspace.id, limit: String(PAGE), ...filter }, signal);
			setFresh([]);
			setNow(Date.now());
			setList({ key, rows: page.reports, next: page.next, total: page.total, scroll: 0, focused: '' });
			setSaid(`${count(page.total, 'report')}.`);
		} catch (failure) { if (!signal?.aborted) setError(failure); }
	};

	useEffect(() => { document.title = `Reports · ${workspace.name} · Rearview`; }, []);
	useEffect(() => {
		const stop = new AbortController();
		const known = left.get(key);
		setFresh([]);
		setOlder('idle');
		if (known) { setError(undefined); setList(known); refresh(known); } else load(stop.signal);
		return () => {
			stop.abort();
			const at = shown.current.list;
			if (at?.key === key) leave({ ...at, scroll: scrollY, focused: left.get(key)?.focused ?? '' });
		};
	}, [key]);

	// Back from a report: the reader's place, and the row it was opened from.
	useLayoutEffect(() => {
		const known = left.get(key);
		if (!known) return;
		scrollTo(0, known.scroll);
		if (known.focused) focusRow(known.focused);
		known.focused = '';
	}, []);

	/** @param {string} id */
	const focusRow = (id) => /** @type {HTMLElement|null|undefined} */ (rows.current?.querySelector(`[data-id="${CSS.escape(id)}"] a`))?.focus({ preventScroll: true });

	/** Looks for what changed; shown rows are updated in place. @param {Loaded} [base] */
	const refresh = async (base) => {
		const before = base ?? shown.current.list;
		if (before?.key !== key) return;
		try {
			const page = await api.reports({ workspace: workspace.id, limit: String(PAGE), ...filter });
			if (shown.current.key !== key) return;
			setStale(false);
			setNow(Date.now());
			const known = new Map(page.reports.map((row) => [row.id, row]));
			const newest = before.rows[0]?.number ?? 0;
			const added = page.reports.filter((row) => row.number > newest);
			if (!before.rows.length && added.length) { setList({ ...before, rows: added, next: page.next, total: page.total }); setSaid(count(added.length, 'new report')); return; }
			setFresh(added);
			setList((current) => current && { ...current, total: page.total, rows: current.rows.map((row) => known.get(row.id) ?? row) });
		} catch { setStale(true); }
	};
	const latestRefresh = useRef(refresh);
	latestRefresh.current = refresh;
	useEffect(() => {
		const tick = () => { if (document.visibilityState === 'visible') latestRefresh.current(); };
		const timer = setInterval(tick, POLL_MS);
		document.addEventListener('visibilitychange', tick);
		return () => { clearInterval(timer); document.removeEventListener('visibilitychange', tick); };
	}, []);

	const showFresh = () => {
		if (fresh.length >= PAGE) { scrollTo({ top: 0 }); load(undefined); return; }
		setList((current) => current && { ...current, rows: [...fresh, ...current.rows] });
		setSaid(`${count(fresh.length, 'new report')} shown at the top.`);
		const first = fresh[0]?.id;
		setFresh([]);
		scrollTo({ top: 0 });
		requestAnimationFrame(() => { if (first) focusRow(first); });
	};

	const loadOlder = async () => {
		if (!list?.next) return;
		setOlder('busy');
		try {
			const page = await api.reports({ workspace: workspace.id, limit: String(PAGE), before: list.next, ...filter });
			setList((current) => {
				if (!current) return current;
				const ids = new Set(current.rows.map((row) => row.id));
				return { ...current, rows: [...current.rows, ...page.reports.filter((row) => !ids.has(row.id))], next: page.next, total: page.total };
			});
			setSaid(`${count(page.reports.length, 'older report')} added.`);
			setOlder('idle');
		} catch { setOlder('failed'); }
	};

	/** @param {number} step */
	const move = (step) => {
		const links = /** @type {HTMLElement[]} */ ([...(rows.current?.querySelectorAll('.cell-title') ?? [])]);
		const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)];
		next?.focus({ preventScroll: true });
		next?.closest('li')?.scrollIntoView({ block: 'nearest' });
	};
	useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), '/': () => { search.current?.focus(); search.current?.select(); } });

	/** @param {Record<string, string>} changes */
	const change = (changes) => navigate(withQuery(query, changes), { replace: true });
	const typing = useRef(0);
	/** @param {string} value */
	const typed = (value) => { clearTimeout(typing.current); typing.current = window.setTimeout(() => change({ search: value.trim() }), 250); };
	useEffect(() => () => clearTimeout(typing.current), []);

	const has = new Set((filter.has ?? '').split(',').filter(Boolean));
	/** @param {string} name */
	const toggleHas = (name) => { const next = new Set(has); if (!next.delete(name)) next.add(name); change({ has: [...next].join(',') }); };
	const busy = !list && !error;
	return <div class="list-page">
		<div class="list-head">
			<h1>Reports</h1>
			<p class="list-total">{list ? `${count(list.total, 'report')}${filtered ? ' found' : ''}` : ' '}</p>
			<p class="visually-hidden" role="status">{said}</p>
		</div>
		<div class="list-tools" role="search">
			<label class="search"><Icon name="search" /><span class="visually-hidden">Search reports</span>
				<input key={workspace.id} ref={search} type="search" placeholder="Search title, notes, user, page, error" defaultValue={filter.search ?? ''} enterkeyhint="search"
					onInput={(event) => typed(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Escape') { if (event.currentTarget.value) { event.currentTarget.value = ''; typed(''); event.preventDefault(); } else event.currentTarget.blur(); } else if (event.key === 'Enter' || event.key === 'ArrowDown') { event.preventDefault(); move(1); } }} />
				<kbd aria-hidden="true">/</kbd></label>
			<div class="chips" role="group" aria-label="State">
				{[['', 'All'], ['open', 'Open'], ['in_progress', 'In progress'], ['done', 'Done']].map(([id, label]) => <button key={id} type="button" class="chip" aria-pressed={(filter.state ?? '') === id} onClick={() => change({ state: id })}>{id && <Icon name={STATES[id].icon} />}{label}</button>)}
			</div>
			<div class="chips" role="group" aria-label="Holds">
				{/** @type {[string, string, import('./ui.jsx').IconName][]} */ ([['replay', 'Replay', 'replay'], ['screenshot', 'Picture', 'picture'], ['errors', 'Errors', 'error']]).map(([id, label, icon]) => <button key={id} type="button" class="chip" aria-pressed={has.has(id)} onClick={() => toggleHas(id)}><Icon name={icon} />{label}</button>)}
			</div>
			{filter.trigger && <button type="button" class="chip" aria-pressed="true" onClick={() => change({ trigger: '' })}>{TRIGGERS[filter.trigger] ?? filter.trigger}<Icon name="close" /></button>}
		</div>
		<div class="list-live" aria-live="polite">
			{fresh.length > 0 && <button class="pill" onClick={showFresh}><Icon name="follow" class="up" />{count(fresh.length, 'new report')}{fresh.length >= PAGE ? ' or more' : ''}</button>}
			{stale && <p class="pill-note"><Icon name="warn" />The collector cannot be reached. What you see is as of {ago(now, Date.now())}.</p>}
		</div>
		{error ? <Failure title="The reports could not be loaded" error={error} safe="Nothing was changed." retry={() => load(undefined)} />
			: busy ? <div aria-busy="true"><Hidden>Loading reports</Hidden><Skeleton /></div>
			: list && !list.rows.length ? (filtered
				? <Empty icon="search" title="No report matches"><p>Try other words, or <button class="link" onClick={() => { if (search.current) search.current.value = ''; navigate('/', { replace: true }); }}>clear the filters</button>.</p></Empty>
				: <FirstReport workspace={workspace} />)
			: list && <>
				<div class="report-row report-heads" aria-hidden="true"><span class="cell-state" /><span class="cell-number">No.</span><span class="cell-title">Report</span><span class="cell-user">User</span><span class="cell-page">Page</span><span class="cell-marks">Holds</span><span class="cell-when">When</span></div>
				<ul class="report-rows" ref={rows} role="list" aria-busy={list.key !== key} aria-label="Reports, newest first" onClick={(event) => { const id = event.target instanceof Element ? event.target.closest('li')?.dataset.id : undefined; if (id) leave({ ...list, scroll: scrollY, focused: id }); }}>
					{list.rows.map((row) => <ReportRow key={row.id} row={row} now={now} />)}
				</ul>
				<div class="list-end">
					{list.next ? <button class="button" disabled={older === 'busy'} onClick={loadOlder}>{older === 'busy' ? 'Loading…' : older === 'failed' ? 'That failed. Try again' : 'Older'}</button>
						: <p class="hint">{list.rows.length > 10 ? 'That is all.' : ''}</p>}
				</div>
			</>}
	</div>;
}
