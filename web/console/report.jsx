/** A report: the player and its time line on one side, what was recorded on the other, all at one playhead. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from './api.js';
import { AttachmentsPanel, Film, NotesPanel, PagePanel, Picture, UserPanel, browserOf, isFilm, isPicture, markOf } from './facts.jsx';
import { TRIGGERS, absoluteTime, ago, line, shortUrl, text, toMs, userName } from './format.js';
import { NetworkPanel, requestRows } from './network.jsx';
import { ConsolePanel, logRows } from './panels.jsx';
import { speedRows } from './speed.js';
import { Controls, Stage, createPlayer } from './player.jsx';
import { navigate, route, useKept, useKeys, useStore, withQuery } from './store.js';
import { ShareDialog } from './share.jsx';
import { Timeline } from './timeline.jsx';
import { CopyButton, Empty, Failure, Hidden, Icon, Menu, STATES, Tabs, followLink, toast, toastError } from './ui.jsx';

/** @typedef {import('./player.jsx').Player} Player */
/** @typedef {import('./timeline.jsx').Mark & {row?: number, tab?: string}} Mark */

/** The report's title, else its first error, else how it came about. @param {any} report */
function titleOf(report) {
	const error = (Array.isArray(report.console_logs) ? report.console_logs : []).find((/** @type {any} */ it) => it?.level === 'error');
	return text(report.title) || line(error?.args?.[0]).slice(0, 300) || TRIGGERS[report.trigger] || 'Report';
}

/** @param {{report: any, setReport: (report: any) => void, showNotes: () => void, shared: boolean}} props */
function Header({ report, setReport, showNotes, shared }) {
	const [sharing, setSharing] = useState(false);
	const when = toMs(report.created_at);
	const [busy, setBusy] = useState(false);
	const picture = (report.attachments ?? []).find(isPicture), film = (report.attachments ?? []).find(isFilm);

	/** @param {string} state */
	const setState = async (state) => {
		const before = report.state;
		setBusy(true);
		setReport({ ...report, state });
		try { await api.setState(report.id, state); } catch (error) { setReport({ ...report, state: before }); toastError('The state was not changed.', error); }
		setBusy(false);
	};
	const remove = async () => {
		try {
			await api.remove(report.id);
			navigate('/');
			toast(`Report #${report.number} was deleted.`, { action: { label: 'Undo', run: async () => {
				try { await api.restore(report.id); navigate(`/r/${encodeURIComponent(report.id)}`); toast(`Report #${report.number} is back.`); } catch (error) { toastError('The report could not be restored.', error); }
			} } });
		} catch (error) { toastError('The report was not deleted.', error); }
	};

	const browser = browserOf(report), path = shortUrl(report.page?.url), who = userName(report.user), note = text(report.notes).trim().split('\n')[0].slice(0, 200);
	return <header class="report-head">
		<div class="report-title">
			{!shared && <a class="button icon-only quiet" href="/" onClick={followLink} aria-label="Back to the reports" title="Back to the reports (u)"><Icon name="back" class="mirrored" /></a>}
			<h1><span class="number">#{report.number}</span> <span dir="auto" title={titleOf(report)}>{titleOf(report)}</span></h1>
		</div>
		<div class="report-actions">
			{!shared && <><label class={`state-select state-${report.state}`}><Icon name={(STATES[report.state] ?? STATES.open).icon} /><span class="visually-hidden">State</span>
				<select value={report.state} disabled={busy} onChange={(event) => setState(event.currentTarget.value)}>{Object.entries(STATES).map(([id, it]) => <option key={id} value={id}>{it.label}</option>)}</select></label>
			<CopyButton class="button" text={`${location.origin}/r/${encodeURIComponent(report.id)}`} label="Copy link" />
			<button class="button" aria-label="Share" title="Share" onClick={() => setSharing(true)}><Icon name="external" /><span class="button-text">Share</span></button></>}
			<Menu name="Download" label={<><Icon name="download" /><span class="button-text">Download</span></>}>
				{report.replay && <a href={api.replayUrl(report.id, 'rrweb')} download={`report-${report.number}.rrweb.json`}>Replay as rrweb events<small>JSON, plays in any rrweb player</small></a>}
				{report.replay && <a href={api.replayUrl(report.id, 'native')} download={`report-${report.number}.replay`}>Replay as recorded<small>Rearview's own stream, exact and small</small></a>}
				{film && <a href={api.attachmentUrl(report.id, film.id)} download={`report-${report.number}.${text(film.mime).split('/')[1]}`}>Screen recording<small>{text(film.mime).split('/')[1]?.toUpperCase()}</small></a>}
				{picture && <a href={api.attachmentUrl(report.id, picture.id)} download={`report-${report.number}.${text(picture.mime).split('/')[1]}`}>Picture<small>{text(picture.mime).split('/')[1]?.toUpperCase()}</small></a>}
				<a href={`/r/${encodeURIComponent(report.id)}/network.har`} download={`report-${report.number}.har`}>Requests as HAR<small>For the network panel of any browser</small></a>
				<a href={`/r/${encodeURIComponent(report.id)}/console.txt`} download={`report-${report.number}-console.txt`}>Console as text<small>One line a message</small></a>
				<a href={`/api/v1/reports/${encodeURIComponent(report.id)}`} download={`report-${report.number}.json`}>Report<small>JSON with all logs</small></a>
			</Menu>
			{!shared && <button class="button icon-only" onClick={remove} aria-label="Delete the report" title="Delete"><Icon name="trash" /></button>}
			{sharing && <ShareDialog report={report} onClose={() => setSharing(false)} />}
		</div>
		<dl class="report-facts">
			<div><dt><Icon name="user" /><Hidden>User</Hidden></dt><dd dir="auto" title={text(report.user?.email)}>{who || <span class="none">Unknown user</span>}</dd></div>
			{path && <div class="fact-page"><dt><Icon name="page" /><Hidden>Page</Hidden></dt><dd dir="ltr" title={text(report.page?.url)}>{path}</dd></div>}
			{browser && <div><dt><Hidden>Browser</Hidden></dt><dd>{browser}</dd></div>}
			{text(report.item_type) && <div><dt><Hidden>Type</Hidden></dt><dd dir="auto"><span class="type">{text(report.item_type)}</span></dd></div>}
			<div><dt><Hidden>How it came</Hidden></dt><dd>{TRIGGERS[report.trigger] ?? text(report.trigger)}</dd></div>
			<div><dt><Hidden>When</Hidden></dt><dd><time dateTime={report.created_at} title={absoluteTime(when)}>{ago(when, Date.now())}</time></dd></div>
			{note && <div class="fact-notes"><dt><Hidden>Notes</Hidden></dt><dd><button type="button" dir="auto" title="Show the notes" onClick={showNotes}><Icon name="note" /><span>{note}</span></button></dd></div>}
		</dl>
	</header>;
}

/** @param {{report: any, film: any}} props */
function Filmed({ report, film }) {
	return <div class="stage still filmed"><Film url={api.attachmentUrl(report.id, film.id)} label={`Screen recording of report ${report.number}`} /></div>;
}

/** What is shown where there is nothing to play. @param {{report: any, player: Player}} props */
function Still({ report, player }) {
	const { status, message } = useStore(player.state, (it) => it);
	const picture = (report.attachments ?? []).find(isPicture);
	const film = (report.attachments ?? []).find(isFilm);
	const url = picture && api.attachmentUrl(report.id, picture.id);
	if (status === 'none' && film) return <Filmed report={report} film={film} />;
	return <div class="stage still">
		{status === 'failed' && <div class="stage-problem" role="alert"><Icon name="warn" /><span><b>The replay cannot be shown.</b> {message} {url ? 'This is the picture that came with it. ' : ''}Its file is safe: see Download.</span></div>}
		{url ? <a class="still-picture" href={url} target="_blank" rel="noopener"><Picture url={url} alt={`What the user saw: picture of report ${report.number}`} mark={markOf(report)} /></a>
			: status === 'none' && <Empty icon="replay" title="No replay and no picture"><p>This report came without them. The <code>upload-session</code> action brings the last minutes, <code>upload-screenshot</code> a picture.</p></Empty>}
	</div>;
}

/**
 * Two sides with a handle between them; below each other on small screens.
 * @param {{start: any, end: any}} props
 */
function Split({ start, end }) {
	const [kept, keep] = useKept('split', '60');
	const box = useRef(/** @type {HTMLDivElement|null} */ (null));
	const share = Math.min(Math.max(Number(kept) || 60, 25), 80);
	/** @param {number} next */
	const set = (next) => keep(String(Math.round(Math.min(Math.max(next, 25), 80) * 10) / 10));
	/** @param {PointerEvent} event */
	const drag = (event) => {
		if (!(event.buttons & 1) || !box.current) return;
		const area = box.current.getBoundingClientRect();
		const rtl = getComputedStyle(box.current).direction === 'rtl';
		set((rtl ? area.right - event.clientX : event.clientX - area.left) / area.width * 100);
	};
	/** @param {KeyboardEvent} event */
	const key = (event) => {
		const to = { ArrowLeft: share - 2, ArrowRight: share + 2, Home: 25, End: 80 }[event.key];
		if (to === undefined) return;
		event.preventDefault();
		set(to);
	};
	return <div class="split" ref={box} style={{ '--share': `${share}%` }}>
		<div class="split-start">{start}</div>
		<div class="split-bar" role="separator" aria-orientation="vertical" aria-label="Width of the player" aria-valuemin={25} aria-valuemax={80} aria-valuenow={Math.round(share)} tabIndex={0} onKeyDown={key}
			onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); event.currentTarget.classList.add('dragging'); }} onPointerUp={(event) => event.currentTarget.classList.remove('dragging')} onPointerMove={drag} onDblClick={() => set(60)} />
		<div class="split-end">{end}</div>
	</div>;
}

/**
 * The lanes of the time line. Errors are uncaught errors and console errors; what the digest does not
 * know of the recording comes from the report's own marks.
 * @param {any} report @param {import('./panels.jsx').LogRow[]} logs @param {import('./network.jsx').RequestRow[]} requests @param {import('./frame-digest.js').Digest|undefined} digest
 * @returns {{id: string, label: string, marks: Mark[]}[]}
 */
function lanesOf(report, logs, requests, digest) {
	/** @type {Mark[]} */
	const marks = (Array.isArray(report.marks) ? report.marks : Array.isArray(report.replay?.marks) ? report.replay.marks : []).map((/** @type {any} */ it) => ({ at: toMs(it?.at), kind: text(it?.kind), text: text(it?.text).slice(0, 200) }));
	const acts = digest?.acts ?? [];
	const has = (/** @type {string} */ kind) => acts.some((it) => it.kind === kind);
	/** @type {Mark[]} */
	const logged = logs.map((row) => ({ at: row.at, kind: 'console', text: row.message.slice(0, 200), bad: row.group === 'error', row: row.id, tab: 'console' }));
	const errors = logged.filter((it) => it.bad);
	for (const mark of marks) if (mark.kind === 'error' && !errors.some((it) => Math.abs(it.at - mark.at) < 100)) errors.push({ ...mark, bad: true, tab: 'console' });
	/** @param {Mark[]} all */
	const sorted = (all) => all.sort((a, b) => a.at - b.at);
	const speed = speedRows(report.performance);
	return [
		{ id: 'actions', label: 'Actions', marks: sorted([...acts.filter((it) => it.kind === 'click' || it.kind === 'input' || it.kind === 'key'), ...(has('click') ? [] : marks.filter((it) => it.kind === 'click'))]) },
		{ id: 'pages', label: 'Pages', marks: sorted([...acts.filter((it) => it.kind === 'navigate' || it.kind === 'hidden' || it.kind === 'gap').map((it) => it.kind === 'navigate' ? { ...it, text: `Went to ${shortUrl(it.text, report.page?.url)}`, tab: 'page' } : it), ...(digest ? [] : marks.filter((it) => it.kind === 'navigate'))]) },
		{ id: 'errors', label: 'Errors', marks: sorted(errors) },
		{ id: 'console', label: 'Console', marks: logged.filter((it) => !it.bad) },
		{ id: 'network', label: 'Network', marks: requests.map((row) => ({ at: row.at, kind: 'network', text: `${row.method} ${row.path}`.slice(0, 160) + (row.failed ? `: ${row.status || 'failed'}` : ''), bad: row.failed, row: row.id, tab: 'network' })) },
		...(speed.length ? [{ id: 'speed', label: 'Speed', marks: speed.map((it) => ({ at: it.at, kind: it.kind, text: it.text, bad: it.bad, tab: 'page' })) }] : []),
	];
}

/** @param {{report: any, setReport: (report: any) => void, shared: boolean}} props */
function Loaded({ report, setReport, shared }) {
	const query = useStore(route, (value) => value.query);
	// The recording's own clock: the end of the replay is the report's moment.
	const zero = Number.isFinite(toMs(report.replay?.to)) ? toMs(report.replay.to) : toMs(report.created_at);
	const player = useMemo(() => createPlayer(report.id, Boolean(report.replay), zero), [report.id]);
	const status = useStore(player.state, (it) => it.status);
	const digest = useStore(player.state, (it) => it.digest);
	const logs = useMemo(() => logRows(report.console_logs), [report.id]);
	const requests = useMemo(() => requestRows(report.network_logs, report.page?.url), [report.id]);
	const lanes = useMemo(() => lanesOf(report, logs, requests, digest), [report.id, digest]);
	const events = useMemo(() => [...new Set(lanes.flatMap((lane) => lane.id === 'console' ? [] : lane.marks.filter((it) => lane.id !== 'network' || it.bad).map((it) => it.at)))].sort((a, b) => a - b), [lanes]);
	const [picked, setPicked] = useState(/** @type {{kind: string, id: number, n: number}|undefined} */ (undefined));
	const errors = useMemo(() => logs.reduce((n, row) => n + (row.group === 'error' ? row.count : 0), 0), [logs]);
	const failed = useMemo(() => requests.filter((row) => row.failed).length, [requests]);

	const tab = query.get('tab') ?? (status === 'none' && !logs.length ? 'notes' : 'console');
	/** @param {string} id */
	const setTab = (id) => navigate(withQuery(query, { tab: id }), { replace: true });
	/** @param {Mark} mark */
	const pick = (mark) => {
		player.seek(mark.at);
		if (mark.tab) setTab(mark.tab);
		if (mark.tab && mark.row !== undefined) setPicked((old) => ({ kind: /** @type {string} */ (mark.tab), id: /** @type {number} */ (mark.row), n: (old?.n ?? 0) + 1 }));
	};
	useKeys({ u: () => { if (!shared) navigate('/'); } });

	const playable = status === 'loading' || status === 'ready', film = (report.attachments ?? []).find(isFilm);
	const [filmed, setFilmed] = useState(false);
	useEffect(() => { if (filmed) player.pause(); }, [filmed]);
	return <>
		<Header report={report} shared={shared} setReport={setReport} showNotes={() => setTab('notes')} />
		<Split start={<div class="player">
			{playable && film && <div class="segments views" role="radiogroup" aria-label="Show">{[['replay', 'Replay'], ['film', 'Screen recording']].map(([id, label]) => <label key={id}><input type="radio" name="view" checked={(id === 'film') === filmed} onChange={() => setFilmed(id === 'film')} /><span>{label}</span></label>)}</div>}
			{playable && filmed && <Filmed report={report} film={film} />}
			{playable ? <div class="stage-slot" hidden={filmed}><Stage player={player} /></div> : <Still report={report} player={player} />}
			{playable && !filmed && <Controls player={player} zero={zero} events={events} />}
			{playable && !filmed && <Timeline player={player} lanes={lanes} zero={zero} onPick={pick} />}
		</div>} end={<Tabs label="What was recorded" active={tab} onChange={setTab} tabs={[
			{ id: 'console', label: 'Console', count: logs.length, bad: errors, content: <ConsolePanel player={player} rows={logs} zero={zero} picked={picked} /> },
			{ id: 'network', label: 'Network', count: requests.length, bad: failed, content: <NetworkPanel player={player} rows={requests} zero={zero} picked={picked} /> },
			{ id: 'user', label: 'User', content: <UserPanel report={report} /> },
			{ id: 'page', label: 'Page', content: <PagePanel report={report} player={player} zero={zero} /> },
			{ id: 'notes', label: 'Notes', count: text(report.notes) ? 1 : undefined, content: <NotesPanel report={report} player={player} zero={zero} /> },
			{ id: 'attachments', label: 'Attachments', count: report.attachments?.length || undefined, content: <AttachmentsPanel report={report} /> },
		]} />} />
	</>;
}

function Skeleton() {
	return <div class="report-skeleton" aria-busy="true"><Hidden>Loading the report</Hidden>
		<header class="report-head" aria-hidden="true"><div class="report-title"><i class="bone w1" /></div><div class="report-facts"><i class="bone w2" /></div></header>
		<div class="split" style={{ '--share': '60%' }} aria-hidden="true"><div class="split-start"><div class="player"><div class="stage"><div class="stage-wait"><i class="bone" /></div></div></div></div><div class="split-bar" /><div class="split-end"><i class="bone w1" /><i class="bone w2" /><i class="bone w3" /></div></div>
	</div>;
}

/** @param {{id: string, shared?: boolean}} props shared: opened by a link, to be read only */
export function ReportPage({ id, shared = false }) {
	const [report, setReport] = useState(/** @type {any} */ (undefined));
	const [error, setError] = useState(/** @type {any} */ (undefined));
	/** @param {AbortSignal} [signal] */
	const load = async (signal) => {
		setError(undefined);
		try { setReport(await api.report(id, signal, shared)); } catch (failure) { if (!signal?.aborted) setError(failure); }
	};
	useEffect(() => { const stop = new AbortController(); load(stop.signal); return () => stop.abort(); }, [id]);
	useLayoutEffect(() => { scrollTo(0, 0); }, [id]);
	useEffect(() => { document.title = report ? `#${report.number} ${titleOf(report)} · Rearview` : 'Report · Rearview'; }, [report]);
	if (error) return error.status === 404
		? <Empty icon="search" title="There is no such report"><p>It may have been deleted, or it belongs to another workspace. {!shared && <a href="/" onClick={followLink}>Go to the reports</a>}</p></Empty>
		: <Failure title="The report could not be loaded" error={error} safe="The report itself is safe." retry={() => load()} />;
	return report ? <Loaded key={id} report={report} shared={shared} setReport={setReport} /> : <Skeleton />;
}
