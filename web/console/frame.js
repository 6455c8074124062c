/**
 * The player's document: rrweb's Replayer, unmodified, and nothing else. It has no network
 * (connect-src 'none'); the console hands over the recording's bytes and gets a digest back.
 *
 *   console → frame   load {bytes} · play · pause · seek {ms, seek} · speed {speed} · skip {on}
 *   frame → console   hello · loaded {digest} · failed {message} · time {ms, playing, seek} · skipped {ms} · size {width, height}
 *
 * ms count from the recording's first event; seek is the number of the last seek that was done.
 */
import { Replayer } from '@rrweb/replay';
import '@rrweb/replay/dist/style.css';
import './frame.css';
import { disarm } from './frame-disarm.js';
import { digest } from './frame-digest.js';
import { createShown } from './frame-shown.js';

const stage = /** @type {HTMLElement} */ (document.getElementById('stage'));
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
/** What is left to see of an idle part at either end. */
const MARGIN_MS = 500;
const silent = { log() {}, warn() {} };

/** @param {Record<string, unknown>} message */
const tell = (message) => parent.postMessage({ rv: 'player', ...message }, location.origin);

/** @type {Replayer|undefined} */
let replayer;
/** @type {ReturnType<typeof createShown>|undefined} */
let shown;
let start = 0;
let total = 0, first = 0, playing = false, ended = false, skip = true;
/** @type {[number, number][]} */
let idle = [];
let width = 0, height = 0;
/** @type {{ms: number, seek: number}|undefined} */
let seekTo;
let seek = 0;

function fit() {
	const wrapper = /** @type {HTMLElement|null} */ (stage.querySelector('.replayer-wrapper'));
	if (!wrapper || !width || !height) return;
	const scale = Math.min(innerWidth / width, innerHeight / height, 2);
	wrapper.style.width = `${width}px`;
	wrapper.style.height = `${height}px`;
	wrapper.style.transform = `translate(${(innerWidth - width * scale) / 2}px, ${(innerHeight - height * scale) / 2}px) scale(${scale})`;
}

/** Pictures that the policy kept out or that are gone show an even box in place of a broken one. */
function markMissing() {
	replayer?.iframe.contentDocument?.addEventListener('error', (event) => {
		const it = /** @type {any} */ (event.target);
		if (it?.tagName === 'IMG') it.setAttribute('data-rv-missing', '');
	}, true);
	replayer?.iframe.contentDocument?.addEventListener('load', (event) => {
		const it = /** @type {any} */ (event.target);
		if (it?.tagName === 'IMG') it.removeAttribute('data-rv-missing');
	}, true);
}

/** @param {ArrayBuffer} bytes */
function load(bytes) {
	const events = disarm(JSON.parse(new TextDecoder().decode(bytes)));
	if (events.length < 2 || !events.some((event) => event.type === 2)) { tell({ t: 'failed', message: 'The recording holds no picture of the page.' }); return; }
	const summary = digest(events);
	start = summary.start;
	total = summary.end - start;
	first = summary.first - summary.start;
	idle = summary.idle.map(([from, to]) => [from - summary.start, to - summary.start]);
	replayer = new Replayer(/** @type {any} */ (events), {
		root: stage, skipInactive: false, loadTimeout: 1500,
		triggerFocus: false, // a recorded focus must not take the keyboard from the console
		UNSAFE_replayCanvas: false, insertStyleRules: ['img[data-rv-missing] { background: repeating-linear-gradient(135deg, #8883 0 6px, #8881 6px 12px); outline: 1px solid #8886; outline-offset: -1px; object-position: -9999px -9999px; color: transparent; min-inline-size: 16px; min-block-size: 16px }'], showWarning: false, logger: silent, pauseAnimation: true,
		mouseTail: still ? false : { duration: 400, lineCap: 'round', lineWidth: 3, strokeStyle: '#4338CA' },
	});
	const { iframe, wrapper } = replayer, mirror = replayer.getMirror();
	shown = createShown(events, {
		node: (id) => mirror.getNode(id),
		zoom(x, y, scale) {
			wrapper.style.overflow = scale === 1 ? '' : 'hidden';
			iframe.style.transformOrigin = '0 0';
			iframe.style.transform = scale === 1 ? '' : `scale(${scale}) translate(${-x}px, ${-y}px)`;
		},
	});
	replayer.on('fullsnapshot-rebuilded', markMissing);
	markMissing();
	replayer.iframe.title = 'Recorded page';
	replayer.iframe.tabIndex = -1;
	replayer.iframe.inert = true;
	replayer.on('resize', (/** @type {any} */ size) => {
		width = Math.min(Math.max(Number(size?.width) || 0, 1), 16384);
		height = Math.min(Math.max(Number(size?.height) || 0, 1), 16384);
		fit();
		tell({ t: 'size', width, height });
	});
	// A finish that was due before a seek may still come after it.
	replayer.on('finish', () => {
		if (!playing) return;
		playing = false;
		ended = true;
		time(total);
	});
	tell({ t: 'loaded', digest: summary });
}

/** @param {number} ms */
function time(ms) {
	shown?.at(start + ms);
	tell({ t: 'time', ms: Math.min(Math.max(ms, 0), total), playing, seek });
}

/**
 * Events at the very moment of a seek are not applied by the Replayer, hence the extra millisecond.
 * @param {number} ms
 */
const reachable = (ms) => Math.min(Math.max(ms, first + 1), total);

function frame() {
	requestAnimationFrame(frame);
	if (!replayer) return;
	if (seekTo !== undefined) {
		const ms = reachable(seekTo.ms);
		seek = seekTo.seek;
		seekTo = undefined;
		ended = ms >= total;
		if (playing && !ended) replayer.play(ms);
		else { playing = false; replayer.pause(ended ? total + 1 : ms); }
		time(ms);
	} else if (playing) {
		const ms = replayer.getCurrentTime();
		const gap = skip ? idle.find(([from, to]) => ms > from + MARGIN_MS && ms < to - 2 * MARGIN_MS) : undefined;
		if (!gap) { time(ms); return; }
		// A jump, not rrweb's fast forward: that takes a third of the idle time.
		replayer.play(gap[1] - MARGIN_MS);
		tell({ t: 'skipped', ms: gap[1] - MARGIN_MS - ms });
	}
}
requestAnimationFrame(frame);

addEventListener('resize', fit);
addEventListener('message', (event) => {
	if (event.source !== parent || event.origin !== location.origin || event.data?.rv !== 'console') return;
	const message = event.data;
	try {
		if (message.t === 'load' && !replayer) load(message.bytes);
		else if (!replayer) return;
		else if (message.t === 'play') {
			const from = ended ? first + 1 : reachable(replayer.getCurrentTime());
			ended = false;
			playing = true;
			replayer.play(from);
		} else if (message.t === 'pause') {
			playing = false;
			replayer.pause();
			time(replayer.getCurrentTime());
		} else if (message.t === 'seek') seekTo = { ms: Number(message.ms) || 0, seek: Number(message.seek) };
		else if (message.t === 'speed') replayer.setConfig({ speed: Math.min(Math.max(Number(message.speed) || 1, 0.5), 16) });
		else if (message.t === 'skip') skip = message.on === true;
	} catch (error) {
		playing = false;
		tell({ t: 'failed', message: 'The recording could not be played.', detail: String(error) });
	}
});
tell({ t: 'hello' });
