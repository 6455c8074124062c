/** The player: a frame that shows the recording (frame.js), its controls and the playhead everything follows. */
import { useEffect, useRef } from 'preact/hooks';
import { api } from './api.js';
import { absoluteTime, length, relative } from './format.js';
import { createStore, useKept, useKeys, useStore } from './store.js';
import { Icon } from './ui.jsx';

/** @typedef {import('./frame-digest.js').Digest} Digest */
/**
 * status: `none` there is no replay · `loading` · `ready` · `failed` (see message)
 * @typedef {{status: 'none'|'loading'|'ready'|'failed', message: string, digest: Digest|undefined, playing: boolean, skipped: number, loaded: number, total: number}} PlayerState
 */
/**
 * @typedef {{state: import('./store.js').Store<PlayerState>, now: import('./store.js').Store<number>,
 *   play: () => void, pause: () => void, toggle: () => void, seek: (at: number) => void, setSpeed: (speed: number) => void,
 *   setSkip: (on: boolean) => void, load: (frame: HTMLIFrameElement) => () => void}} Player
 *   now and seek in milliseconds since 1970
 */

export const SPEEDS = [1, 2, 4, 8];
const SLOW_MS = 15_000;
const NOTE_MS = 1600;

/**
 * @param {string} id of the report
 * @param {boolean} hasReplay
 * @param {number} zero the report's moment
 * @returns {Player}
 */
export function createPlayer(id, hasReplay, zero) {
	/** @type {Player['state']} */
	const state = createStore(/** @type {PlayerState} */ ({ status: hasReplay ? 'loading' : 'none', message: '', digest: undefined, playing: false, skipped: 0, loaded: 0, total: 0 }));
	const now = createStore(zero);
	/** @type {HTMLIFrameElement|undefined} */
	let frame;
	/** @param {Record<string, unknown>} message @param {Transferable[]} [transfer] */
	const tell = (message, transfer) => frame?.contentWindow?.postMessage({ rv: 'console', ...message }, { targetOrigin: location.origin, transfer });
	const startOf = () => state.get().digest?.start ?? zero;
	// Seeks are numbered: what the frame says of the time before the last one has arrived is out of date.
	let speed = 1, skip = true, seeks = 0;

	/** @param {string} message */
	const fail = (message) => state.patch({ status: 'failed', message, playing: false });

	return {
		state, now,
		play() { if (state.get().status === 'ready') { state.patch({ playing: true }); tell({ t: 'play' }); } },
		pause() { state.patch({ playing: false }); tell({ t: 'pause' }); },
		toggle() { if (state.get().playing) this.pause(); else this.play(); },
		seek(at) {
			const digest = state.get().digest;
			const to = digest ? Math.min(Math.max(at, digest.start), digest.end) : at;
			now.set(to);
			if (digest) tell({ t: 'seek', ms: to - digest.start, seek: ++seeks });
		},
		setSpeed(next) { speed = next; tell({ t: 'speed', speed }); },
		setSkip(on) { skip = on; tell({ t: 'skip', on }); },
		load(element) {
			frame = element;
			const stop = new AbortController();
			/** @type {ArrayBuffer|undefined} */
			let bytes;
			let greeted = false, handed = false;
			let noteTimer = 0;
			const timer = setTimeout(() => { if (!greeted) fail('The player did not start. A browser extension or a changed security header may have stopped it.'); }, SLOW_MS);
			const hand = () => { if (greeted && bytes && !handed) { handed = true; tell({ t: 'load', bytes }, [bytes]); } };
			/** @param {MessageEvent} event */
			const listen = (event) => {
				if (event.source !== frame?.contentWindow || event.origin !== location.origin || event.data?.rv !== 'player') return;
				const message = event.data;
				if (message.t === 'hello') { greeted = true; hand(); }
				else if (message.t === 'loaded') {
					const digest = /** @type {Digest} */ (message.digest);
					state.patch({ status: 'ready', digest });
					now.set(digest.start);
					tell({ t: 'speed', speed });
					tell({ t: 'skip', on: skip });
					tell({ t: 'seek', ms: 0, seek: ++seeks });
				} else if (message.t === 'time' && message.seek === seeks) {
					now.set(startOf() + Number(message.ms));
					if (state.get().playing !== message.playing) state.patch({ playing: message.playing === true });
				} else if (message.t === 'skipped') {
					state.patch({ skipped: Number(message.ms) });
					clearTimeout(noteTimer);
					noteTimer = window.setTimeout(() => state.patch({ skipped: 0 }), NOTE_MS);
				}
				else if (message.t === 'failed') fail(String(message.message));
			};
			addEventListener('message', listen);
			(async () => {
				try { bytes = await api.replay(id, stop.signal); hand(); } catch (error) {
					if (!stop.signal.aborted) fail(error instanceof Error ? error.message : String(error));
				}
			})();
			return () => { stop.abort(); clearTimeout(timer); clearTimeout(noteTimer); removeEventListener('message', listen); frame = undefined; };
		},
	};
}

/** @param {{player: Player}} props the frame, where there is something to play */
export function Stage({ player }) {
	const status = useStore(player.state, (it) => it.status);
	const skipped = useStore(player.state, (it) => it.playing ? it.skipped : 0);
	const frame = useRef(/** @type {HTMLIFrameElement|null} */ (null));
	useEffect(() => frame.current ? player.load(frame.current) : undefined, [player]);
	return <div class="stage" aria-busy={status === 'loading'}>
		<iframe ref={frame} class={status === 'ready' ? '' : 'waiting'} title="Replay of the recorded page" src={RV_PLAYER} sandbox="allow-scripts allow-same-origin" tabIndex={-1} />
		{status === 'ready' && <button class="stage-hit" tabIndex={-1} aria-hidden="true" onClick={() => player.toggle()} />}
		{status === 'loading' && <div class="stage-wait"><i class="bone" /><span>Loading the replay…</span></div>}
		{skipped > 0 && <div class="stage-note"><Icon name="skip" />Skipped {length(skipped)} of idle time</div>}
	</div>;
}

/**
 * @param {{player: Player, zero: number, events: number[]}} props events: times of what `[` and `]` go to, ascending
 */
export function Controls({ player, zero, events }) {
	const ready = useStore(player.state, (it) => it.status === 'ready');
	const playing = useStore(player.state, (it) => it.playing);
	const digest = useStore(player.state, (it) => it.digest);
	const at = useStore(player.now, (now) => relative(now, zero));
	const second = useStore(player.now, (now) => Math.floor(now / 1000) * 1000);
	const [speed, keepSpeed] = useKept('speed', '1');
	const [skip, keepSkip] = useKept('skip', 'on');
	useEffect(() => player.setSpeed(Number(speed) || 1), [player, speed]);
	useEffect(() => player.setSkip(skip === 'on'), [player, skip]);

	/** @param {number} ms */
	const by = (ms) => player.seek(player.now.get() + ms);
	const next = () => { const now = player.now.get(); const at = events.find((time) => time > now + 20); if (at !== undefined) player.seek(at); };
	const previous = () => {
		// While it plays, a press shortly after an event means the one before.
		const now = player.now.get() - (player.state.get().playing ? 600 : 20);
		const at = events.findLast((time) => time < now);
		player.seek(at ?? digest?.start ?? now);
	};
	/** @param {number} i */
	const pick = (i) => keepSpeed(String(SPEEDS[i]));
	useKeys(ready ? { ' ': () => player.toggle(), ArrowLeft: () => by(-5000), ArrowRight: () => by(5000), '[': previous, ']': next, 1: () => pick(0), 2: () => pick(1), 3: () => pick(2), 4: () => pick(3), i: () => keepSkip(skip === 'on' ? 'off' : 'on') } : {});

	return <div class="controls" role="group" aria-label="Player">
		<button class="button icon-only quiet" disabled={!ready} onClick={previous} title="Previous event ([)" aria-label="Previous event"><Icon name="previous" /></button>
		<button class="button icon-only primary" disabled={!ready} onClick={() => player.toggle()} title={playing ? 'Pause (Space)' : 'Play (Space)'} aria-label={playing ? 'Pause' : 'Play'}><Icon name={playing ? 'pause' : 'play'} /></button>
		<button class="button icon-only quiet" disabled={!ready} onClick={next} title="Next event (])" aria-label="Next event"><Icon name="next" /></button>
		<span class="controls-time" title={ready ? absoluteTime(second) : undefined}>{ready ? at : '–:––'}</span>
		<span class="controls-total">{digest && <>{length(Math.max(second - digest.start, 0))} of {length(digest.end - digest.start)}</>}</span>
		<span class="controls-space" />
		<button class="button quiet toggle" disabled={!ready} aria-pressed={skip === 'on'} onClick={() => keepSkip(skip === 'on' ? 'off' : 'on')} title="Skip idle parts (i)"><Icon name={skip === 'on' ? 'check' : 'skip'} />Skip idle</button>
		<div class="segments" role="radiogroup" aria-label="Speed">
			{SPEEDS.map((it, i) => <label key={it} title={`Speed ${it}× (${i + 1})`}><input type="radio" name="speed" disabled={!ready} checked={speed === String(it)} onChange={() => pick(i)} /><span>{it}×</span></label>)}
		</div>
	</div>;
}
