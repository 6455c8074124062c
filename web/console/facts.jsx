/** The tabs that tell: user, page, notes, attachments. */
import { useMemo, useState } from 'preact/hooks';
import { api } from './api.js';
import { browserName, clockTime, count, duration, linkable, relative, shortUrl, size, text, toMs, userName } from './format.js';
import { useStore } from './store.js';
import { Facts } from './panels.jsx';
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
		{custom.length > 0 && <section><h2>Set by the page</h2><Facts rows={custom} /></section>}
	</div>;
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
		{element && typeof element === 'object' && <section><h2>Element the user marked</h2><Facts rows={listed(element, { selector: 'Selector', tag: 'Tag', text: 'Text', rect: 'Place', outer_html: 'Markup' })} /></section>}
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
			{said.length > 0 && <ul class="said">{said.map((/** @type {string} */ it) => <li key={it} dir="auto">{RECORDER_NOTES[it] ?? it}</li>)}</ul>}
			<ol class="steps-list">{recorder.map((/** @type {any} */ it, /** @type {number} */ i) => { const at = toMs(it.at); return <li key={i}><button onClick={() => player.seek(at)}><time title={clockTime(at)}>{relative(at, zero)}</time><span dir="auto">{text(it.text) || text(it.kind)}</span></button></li>; })}</ol></section>}
	</div>;
}

const RECORDER_NOTES = /** @type {Record<string, string>} */ ({
	console_logs_cut: 'The console held more than a report takes: its oldest rows were left out.',
	network_logs_cut: 'There were more requests than a report takes: the oldest were left out.',
	replay_refused: 'The collector did not accept the replay.',
	screenshot_refused: 'The collector did not accept the picture.',
});
const KINDS = /** @type {Record<string, string>} */ ({ screenshot: 'Picture', recording: 'Screen recording', replay: 'Replay' });
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/webp']);
const FILMS = new Set(['video/webm', 'video/mp4']);

/** @param {{mime?: string, kind?: string}} attachment */
export const isPicture = (attachment) => PICTURES.has(attachment.mime ?? '');

/** @param {{url: string, alt: string}} props a picture that says so when it does not load */
export function Picture({ url, alt }) {
	const [failed, setFailed] = useState(false);
	return failed ? <p class="picture-failed"><Icon name="warn" />The picture could not be loaded.</p> : <img src={url} alt={alt} onError={() => setFailed(true)} />;
}

/** @param {{report: any}} props */
export function AttachmentsPanel({ report }) {
	const all = Array.isArray(report.attachments) ? report.attachments.filter((/** @type {any} */ it) => it && typeof it === 'object') : [];
	if (!all.length) return <Empty icon="clip" title="Nothing is attached"><p>Pictures, screen recordings and replays that came with the report appear here.</p></Empty>;
	return <ul class="attachments" role="list">{all.map((/** @type {any} */ it) => {
		const url = api.attachmentUrl(report.id, text(it.id)), name = KINDS[it.kind] ?? (text(it.kind) || 'File');
		return <li key={it.id}>
			{isPicture(it) && <a class="preview" href={url} target="_blank" rel="noopener"><Picture url={url} alt={`${name} of report ${report.number}`} /></a>}
			{FILMS.has(it.mime) && <video class="preview" src={url} controls preload="metadata" />}
			<div class="attachment-line"><Icon name={isPicture(it) ? 'picture' : it.kind === 'replay' ? 'replay' : 'clip'} /><b>{name}</b><span class="none">{text(it.mime)} · {size(it.bytes)}</span>
				<a class="button small" href={url} download={`report-${report.number}-${text(it.kind) || 'file'}`}><Icon name="download" />Download</a></div>
			{it.sha256 && <p class="sha" title="SHA-256 of the file">SHA-256 <code>{text(it.sha256)}</code></p>}
		</li>;
	})}</ul>;
}

/** @param {any} report @returns {string} */
export const browserOf = (report) => browserName(report.page);
