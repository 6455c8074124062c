/** The tabs that tell: user, page, notes, attachments. */
import { useMemo, useState } from 'preact/hooks';
import { api } from './api.js';
import { browserName, clockTime, count, duration, linkable, relative, shortUrl, size, text, toMs, userName } from './format.js';
import { useStore } from './store.js';
import { Facts, Long } from './panels.jsx';
import { speedRows } from './speed.js';
import { CopyButton, Empty, Icon } from './ui.jsx';
import { lastAt } from './virtual.jsx';

/** @typedef {import('./player.jsx').Player} Player */

const USER_NAMES = /** @type {Record<string, string>} */ ({ id: 'Id', user_id: 'Id', email: 'E-mail', name: 'Name', firstName: 'First name', lastName: 'Last name', subscriptionStatus: 'Subscription' });
const PAGE_NAMES = /** @type {Record<string, string>} */ ({ url: 'Address', path: 'Path', title: 'Title', page_title: 'Title', referrer: 'Came from', viewport: 'Viewport', screen: 'Screen', device_pixel_ratio: 'Pixel ratio', browser: 'Browser', platform: 'Platform', language: 'Language', time_zone: 'Time zone', connection: 'Connection', user_agent: 'User agent' });

const RECORDING_NAMES = /** @type {Record<string, string>} */ ({ records: 'Records', epochs: 'Page loads', resyncs: 'Corrections', order_violations: 'Records refused' });
const RECORDER_NAMES = /** @type {Record<string, string>} */ ({ snapshots: 'Walks of the page', batches: 'Batches', records: 'Records', rejected: 'Batches refused', order_violations: 'Records out of order', resyncs: 'Corrections', nodes: 'Nodes', segments: 'Segments', checkpoints: 'Checkpoints', evicted: 'Dropped as too old', ring_bytes: 'Bytes kept', mirror_bytes: 'Bytes of the mirror', redactions: 'Texts redacted', dropped_reports: 'Earlier reports lost' });

/** @param {string} name @param {unknown} value @returns {unknown} */
function pretty(name, value) {
	if (value && typeof value === 'object') {
		const it = /** @type {any} */ (value);
		if (Number.isFinite(it.width) && Number.isFinite(it.height)) return `${it.width} × ${it.height}`;
		if (name === 'browser') return [it.name, it.version].filter(Boolean).join(' ');
	}
	const link = (name === 'url' || name === 'referrer') && linkable(value);
	return link ? <a href={link} target="_blank" rel="noopener noreferrer">{link}<Icon name="external" /></a> : value;
}

/** @param {any} object @param {Record<string, string>} names @returns {[string, unknown][]} */
function listed(object, names) {
	if (!object || typeof object !== 'object') return [];
	const order = Object.keys(names);
	/** @param {string} name */
	const rank = (name) => { const at = order.indexOf(name); return at < 0 ? order.length : at; };
	return Object.keys(object).filter((name) => !(name === 'page_title' && object.title)).sort((a, b) => rank(a) - rank(b)).map((name) => [names[name] ?? name, pretty(name, object[name])]);
}

/** @param {{report: any}} props */
export function UserPanel({ report }) {
	const user = report.user && typeof report.user === 'object' ? report.user : undefined;
	const facts = listed(user, USER_NAMES).filter(([, value]) => value !== null && value !== '');
	const custom = listed(report.custom, {});
	if (!facts.length && !custom.length) return <Empty icon="user" title="The user is not known">
		<p>Tell the recorder who is signed in and every report says so:</p><pre class="one-line">Rearview.identify({'{'} id: "42", email: "ada@example.com" {'}'})</pre></Empty>;
	return <div class="facts-panel">
		{facts.length > 0 && <section><h2>{userName(user) || 'User'}</h2><Facts rows={facts} />
			<CopyButton text={JSON.stringify(user, null, 2)} label="Copy as JSON" what="user" /></section>}
		{custom.length > 0 && <section><h2>Custom fields</h2><Facts rows={custom} /></section>}
	</div>;
}

/** The element the user pointed at: what it was and where; its markup is text like everything recorded. @param {{element: any}} props */
function Element({ element }) {
	const { outer_html: markup, rect, ...rest } = element, place = rectOf(rect);
	const where = place && `${Math.round(place.width)} × ${Math.round(place.height)} at ${Math.round(place.x)}, ${Math.round(place.y)}`;
	return <section class="marked"><h2>Element the user marked</h2>
		<Facts rows={listed({ ...rest, rect: where }, { selector: 'Selector', tag: 'Tag', text: 'Text', rect: 'Place' })} />
		{text(markup) && <><h3>Markup</h3><Long what="Markup of the element">{text(markup)}</Long></>}
		<CopyButton text={text(element.selector)} label="Copy selector" /></section>;
}

/** @param {{report: any, player: Player, zero: number}} props */
export function PagePanel({ report, player, zero }) {
	const digest = useStore(player.state, (it) => it.digest);
	const pages = digest?.pages ?? [];
	const current = useStore(player.now, (now) => lastAt(pages.map((page) => page.at), now + 20));
	const page = report.page ?? {};
	const element = report.element;
	const speed = useMemo(() => speedRows(report.performance), [report.id]), tasks = speed.filter((it) => it.kind === 'task'), felt = speed.filter((it) => !it.vital);
	const { notes: _, ...capture } = report.capture ?? {};
	const { from: _from, to: _to, ...counters } = report.replay ?? {};
	const recording = listed(counters, RECORDING_NAMES).filter(([, value]) => typeof value !== 'object'), recorder = listed(capture, RECORDER_NAMES).filter(([, value]) => typeof value !== 'object');
	return <div class="facts-panel">
		<section><h2>When it was reported</h2><Facts rows={listed(page, PAGE_NAMES)} /></section>
		{element && typeof element === 'object' && <Element element={element} />}
		{speed.length > 0 && <section><h2>Speed</h2>
			<Facts rows={[...speed.filter((it) => it.vital).map((it) => /** @type {[string, unknown]} */ ([`${it.vital?.label} (${it.name})`, [it.vital?.value, it.vital?.rating].filter(Boolean).join(', ')])), ['Long tasks', tasks.length ? `${tasks.length}, ${duration(tasks.reduce((sum, it) => sum + it.ms, 0))} in all` : '']]} />
			{felt.length > 0 && <ol class="steps-list">{felt.slice(0, 200).map((it, i) => <li key={i}><button onClick={() => player.seek(it.at)}><time title={clockTime(it.at)}>{relative(it.at, zero)}</time><span>{it.text}</span></button></li>)}</ol>}</section>}
		{recording.length > 0 && <section><h2>Recording</h2><Facts rows={recording} /></section>}
		{recorder.length > 0 && <details><summary>The recorder's own counters</summary><Facts rows={recorder} /></details>}
		{pages.length > 0 && <section><h2>{count(pages.length, 'page')} in the replay</h2>
			<ol class="steps-list">{pages.map((it, i) => <li key={it.at} aria-current={i === current ? 'true' : undefined}><button onClick={() => player.seek(it.at)}><time title={clockTime(it.at)}>{relative(it.at, zero)}</time><span dir="ltr" title={it.url}>{shortUrl(it.url, page.url)}</span><span class="none">{it.width} × {it.height}</span></button></li>)}</ol></section>}
	</div>;
}

/** @param {{report: any, player: Player, zero: number}} props */
export function NotesPanel({ report, player, zero }) {
	const notes = text(report.notes);
	const recorder = Array.isArray(report.replay?.notes) ? report.replay.notes.filter((/** @type {any} */ it) => it && typeof it === 'object').slice(0, 500) : [];
	const said = Array.isArray(report.capture?.notes) ? report.capture.notes.slice(0, 100).map(text).filter(Boolean) : [];
	if (!notes && !recorder.length && !said.length) return <Empty icon="note" title="No notes"><p>What the user wrote, or what was said when the report was asked for, appears here.</p></Empty>;
	return <div class="facts-panel">
		{notes && <section><h2>Notes</h2><p class="prose" dir="auto">{notes}</p></section>}
		{(recorder.length > 0 || said.length > 0) && <section><h2>From the recorder</h2>
			{said.length > 0 && <ul class="said">{said.map((/** @type {string} */ it) => <li key={it} dir="auto">{told(it)}</li>)}</ul>}
			<ol class="steps-list">{recorder.map((/** @type {any} */ it, /** @type {number} */ i) => { const at = toMs(it.at); return <li key={i}><button onClick={() => player.seek(at)}><time title={clockTime(at)}>{relative(at, zero)}</time><span dir="auto">{text(it.text) || text(it.kind)}</span></button></li>; })}</ol></section>}
	</div>;
}

const RECORDER_NOTES = /** @type {Record<string, string>} */ ({
	console_logs_cut: 'The console held more than a report takes: its oldest rows were left out.',
	network_logs_cut: 'There were more requests than a report takes: the oldest were left out.',
	replay_refused: 'The collector did not accept the replay.',
	screenshot_refused: 'The collector did not accept the picture.',
	recording_refused: 'The collector did not accept the screen recording.',
	frames_cut: 'Sockets carried more messages than a report takes: the oldest were left out.',
	performance_cut: 'There were more measurements than a report takes: the oldest were left out.',
	recording_dom: 'This browser cannot film the screen. The replay shows the page over the time of the recording.',
	recording_without_voice: 'The microphone was not there or not allowed: the recording has no voice.',
	recording_piece_lost: 'A piece of the screen recording could not be kept.',
	recording_cut: 'The page ended while it was recorded: the recording ends there.',
	recording_empty: 'The screen recording came out empty.',
});
/** What follows the colon is the recorder's own. @type {[string, (rest: string) => string][]} */
const TOLD_NOTES = [
	['screenshot: ', (rest) => `There is no picture: ${rest}`],
	['events_lost: ', (rest) => `${rest} events found no room and were left out.`],
	['widget_errors: ', (rest) => `The recorder met ${rest} errors of its own and went on.`],
];
/** @param {string} note */
const told = (note) => {
	const known = TOLD_NOTES.find(([start]) => note.startsWith(start));
	return Object.hasOwn(RECORDER_NOTES, note) ? RECORDER_NOTES[note] : known ? known[1](note.slice(known[0].length)) : note;
};
const KIND_NAMES = /** @type {Record<string, string>} */ ({ screenshot: 'Picture', recording: 'Screen recording', replay: 'Replay' });
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/webp']);
const FILMS = new Set(['video/webm', 'video/mp4']);

/** @param {{mime?: string, kind?: string}} attachment */
export const isPicture = (attachment) => PICTURES.has(attachment.mime ?? '');

/** @param {{mime?: string}} attachment */
export const isFilm = (attachment) => FILMS.has(attachment.mime ?? '');

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */
/** @param {any} rect @returns {Rect|undefined} */
function rectOf(rect) {
	const { x, y, width, height } = rect ?? {};
	return [x, y, width, height].every((it) => typeof it === 'number' && Math.abs(it) < 1e6) && width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** Where on a picture of the viewport the marked element was. @param {any} report @returns {{rect: Rect, width: number, height: number}|undefined} */
export function markOf(report) {
	const rect = rectOf(report.element?.rect), { width, height } = report.page?.viewport ?? {};
	return rect && width > 0 && height > 0 ? { rect, width, height } : undefined;
}

/** @param {{url: string, alt: string, mark?: ReturnType<typeof markOf>}} props a picture that says so when it does not load; mark: drawn when the picture has the viewport's proportions */
export function Picture({ url, alt, mark }) {
	const [failed, setFailed] = useState(false);
	const [ratio, setRatio] = useState(0);
	if (failed) return <p class="picture-failed"><Icon name="warn" />The picture could not be loaded.</p>;
	const fits = mark && ratio && Math.abs(ratio * mark.height / mark.width - 1) < 0.01;
	return <span class="framed"><img src={url} alt={alt} onError={() => setFailed(true)} onLoad={({ currentTarget: it }) => setRatio(it.naturalWidth / it.naturalHeight)} />
		{fits && <svg class="mark" viewBox={`0 0 ${mark.width} ${mark.height}`} role="img" aria-label="The element the user marked">
			{['mark-halo', 'mark-line'].map((it) => <rect key={it} class={it} {...mark.rect} rx="3" vector-effect="non-scaling-stroke" />)}
		</svg>}
	</span>;
}

/** A screen recording. Browsers write such files as they go, without a length: going to the end once finds it. @param {{url: string, label: string}} props */
export function Film({ url, label }) {
	const [failed, setFailed] = useState(false);
	if (failed) return <p class="picture-failed"><Icon name="warn" />This browser cannot play the recording. Download it and try another player.</p>;
	return <video src={url} controls playsInline preload="metadata" aria-label={label} onError={() => setFailed(true)} onLoadedMetadata={({ currentTarget: film }) => {
		if (film.duration !== Infinity) return;
		film.addEventListener('durationchange', () => { film.currentTime = 0; }, { once: true });
		film.currentTime = 1e7;
	}} />;
}

/** @param {{report: any}} props */
export function AttachmentsPanel({ report }) {
	const all = Array.isArray(report.attachments) ? report.attachments.filter((/** @type {any} */ it) => it && typeof it === 'object') : [];
	if (!all.length) return <Empty icon="clip" title="Nothing is attached"><p>Pictures, screen recordings and replays that came with the report appear here.</p></Empty>;
	const pictures = all.filter(isPicture), films = all.filter(isFilm);
	return <ul class="attachments" role="list">{all.map((/** @type {any} */ it) => {
		const like = isPicture(it) ? pictures : isFilm(it) ? films : [], n = like.length > 1 ? ` ${like.indexOf(it) + 1}` : '';
		const url = api.attachmentUrl(report.id, text(it.id)), name = (KIND_NAMES[it.kind] ?? (text(it.kind) || 'File')) + n;
		return <li key={it.id}>
			{isPicture(it) && <a class="preview" href={url} target="_blank" rel="noopener"><Picture url={url} alt={`${name} of report ${report.number}`} mark={it === pictures[0] ? markOf(report) : undefined} /></a>}
			{isFilm(it) && <div class="preview"><Film url={url} label={`${name} of report ${report.number}`} /></div>}
			<div class="attachment-line"><Icon name={isPicture(it) ? 'picture' : isFilm(it) ? 'play' : it.kind === 'replay' ? 'replay' : 'clip'} /><b>{name}</b><span class="none">{text(it.mime)} · {size(it.bytes)}</span>
				<a class="button small" href={url} download={`report-${report.number}-${text(it.kind) || 'file'}${n.replace(' ', '-')}`} aria-label={`Download: ${name}`}><Icon name="download" />Download</a></div>
			{it.sha256 && <p class="sha" title="SHA-256 of the file">SHA-256 <code>{text(it.sha256)}</code></p>}
		</li>;
	})}</ul>;
}

/** @param {any} report @returns {string} */
export const browserOf = (report) => browserName(report.page);
