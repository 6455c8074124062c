/**
 * The time line: a scrubber and five lanes below it. The lanes are a picture of what the tabs list in
 * words, so they are hidden from assistive technology; the scrubber is a slider.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { absoluteTime, clockTime, length, relative, shortUrl } from './format.js';
import { useStore } from './store.js';

/** @typedef {{at: number, text: string, kind: string, bad?: boolean}} Mark */
/** @typedef {{id: string, label: string, marks: Mark[]}} Lane */
/** @typedef {{left: number, marks: Mark[], bad: boolean}} Cluster left in pixels */

const NEAR = 9;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * 1000);

/**
 * @param {Mark[]} marks ascending @param {(at: number) => number} place
 * @returns {Cluster[]}
 */
function cluster(marks, place) {
	/** @type {Cluster[]} */
	const out = [];
	for (const mark of marks) {
		const left = place(mark.at), last = out[out.length - 1];
		if (last && left - last.left < NEAR) { last.marks.push(mark); last.bad ||= mark.bad === true; } else out.push({ left, marks: [mark], bad: mark.bad === true });
	}
	return out;
}

/**
 * @param {{player: import('./player.jsx').Player, lanes: Lane[], zero: number, onPick: (mark: Mark) => void}} props
 */
export function Timeline({ player, lanes, zero, onPick }) {
	const digest = useStore(player.state, (it) => it.digest);
	const second = useStore(player.now, (now) => Math.round(now / 1000) * 1000);
	const track = useRef(/** @type {HTMLDivElement|null} */ (null));
	const head = useRef(/** @type {HTMLDivElement|null} */ (null));
	const done = useRef(/** @type {HTMLElement|null} */ (null));
	const [width, setWidth] = useState(600);
	const [hover, setHover] = useState(/** @type {{at: number, left: number, near: Cluster|undefined}|undefined} */ (undefined));
	const start = digest?.start ?? 0, end = digest?.end ?? 1, span = Math.max(end - start, 1);

	useLayoutEffect(() => {
		const element = /** @type {HTMLDivElement} */ (track.current);
		const watch = new ResizeObserver(() => setWidth(element.clientWidth));
		watch.observe(element);
		return () => watch.disconnect();
	}, []);
	useLayoutEffect(() => {
		// Sixty times a second: moved by hand, not by rendering.
		const move = (/** @type {number} */ now) => { const share = `${Math.min(Math.max((now - start) / span, 0), 1) * 100}%`; head.current?.style.setProperty('inset-inline-start', share); done.current?.style.setProperty('inline-size', share); };
		move(player.now.get());
		return player.now.subscribe(move);
	}, [player, start, span]);

	/** @param {number} at */
	const place = (at) => (at - start) / span * width;
	const clusters = useMemo(() => lanes.map((lane) => cluster(lane.marks.filter((mark) => mark.at >= start && mark.at <= end), place)), [lanes, width, start, span]);

	const ruler = useMemo(() => {
		const step = STEPS_MS.find((ms) => ms / span * width >= 90) ?? STEPS_MS[STEPS_MS.length - 1];
		/** @type {number[]} */
		const out = [];
		for (let at = zero - Math.floor((zero - start) / step) * step; at <= end && out.length < 60; at += step) if (place(at) >= 16 && place(at) <= width - 10) out.push(at);
		return out;
	}, [zero, start, end, width]);

	/** @param {PointerEvent} event */
	const locate = (event) => {
		const box = /** @type {HTMLDivElement} */ (track.current).getBoundingClientRect();
		const rtl = getComputedStyle(/** @type {HTMLDivElement} */ (track.current)).direction === 'rtl';
		const left = Math.min(Math.max(rtl ? box.right - event.clientX : event.clientX - box.left, 0), box.width);
		const lane = event.target instanceof Element ? Number(/** @type {HTMLElement|null} */ (event.target.closest('[data-lane]'))?.dataset.lane ?? -1) : -1;
		const near = lane < 0 ? undefined : clusters[lane]?.reduce((/** @type {Cluster|undefined} */ best, it) => Math.abs(it.left - left) < Math.min(NEAR, best ? Math.abs(best.left - left) : Infinity) ? it : best, undefined);
		return { at: start + left / box.width * span, left, near };
	};
	const dragging = useRef(false);
	/** @param {PointerEvent} event */
	const down = (event) => {
		if (!digest || event.button !== 0) return;
		const at = locate(event);
		if (at.near) { onPick(at.near.marks[0]); return; }
		dragging.current = true;
		/** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
		player.seek(at.at);
	};
	/** @param {PointerEvent} event */
	const move = (event) => {
		if (!digest) return;
		const at = locate(event);
		if (dragging.current) player.seek(at.at);
		setHover(event.pointerType === 'mouse' || dragging.current ? at : undefined);
	};
	const up = () => { dragging.current = false; };
	/** @param {KeyboardEvent} event */
	const key = (event) => {
		const now = player.now.get();
		const to = { ArrowLeft: now - 5000, ArrowDown: now - 5000, ArrowRight: now + 5000, ArrowUp: now + 5000, PageUp: now + 30_000, PageDown: now - 30_000, Home: start, End: end }[event.key];
		if (to === undefined || !digest) return;
		event.preventDefault();
		player.seek(to);
	};

	const page = hover && digest ? digest.pages.findLast((it) => it.at <= hover.at) : undefined;
	const listed = hover?.near?.marks.slice(0, 4) ?? [];
	return <div class="timeline">
		<div class="lane-labels" aria-hidden="true"><span class="lane-scrub" />{lanes.map((lane) => <span key={lane.id}>{lane.label}</span>)}</div>
		<div class="timeline-track" ref={track} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onPointerLeave={() => { if (!dragging.current) setHover(undefined); }}>
			<div class="scrubber" role="slider" tabIndex={0} aria-label="Playhead" aria-valuemin={0} aria-valuemax={Math.round(span / 1000)} aria-valuenow={Math.round((second - start) / 1000)} aria-disabled={!digest}
				aria-valuetext={digest ? `${relative(second, zero, false)}, ${length(second - start)} of ${length(span)}` : 'No replay yet'} onKeyDown={key}>
				<div class="scrub-line"><i ref={done} hidden={!digest} /></div>
			</div>
			<div class="lanes" aria-hidden="true">{lanes.map((lane, i) => <div key={lane.id} class={`lane lane-${lane.id}`} data-lane={i}>
				{clusters[i].map((it) => <i key={it.left} class={`tick kind-${it.marks[0].kind} ${it.bad ? 'bad' : ''}`} style={{ insetInlineStart: `${it.left}px` }} />)}
			</div>)}</div>
			<div class="ruler" aria-hidden="true">{digest && ruler.map((at) => <span key={at} style={{ insetInlineStart: `${place(at)}px` }}>{relative(at, zero, false)}</span>)}</div>
			<div class="idles" aria-hidden="true">{digest?.idle.map(([from, to]) => <i key={from} style={{ insetInlineStart: `${(from - start) / span * 100}%`, inlineSize: `${(to - from) / span * 100}%` }} />)}</div>
			<div class="playhead" ref={head} aria-hidden="true" hidden={!digest} />
			{hover && <>
				<div class="hover-line" style={{ insetInlineStart: `${hover.left}px` }} aria-hidden="true" />
				<div class="timeline-tip" aria-hidden="true" style={{ insetInlineStart: `${Math.min(Math.max(hover.left, 110), Math.max(width - 110, 110))}px` }}>
					<b title={absoluteTime(hover.at)}>{relative(hover.near ? hover.near.marks[0].at : hover.at, zero)}</b> <span>{clockTime(hover.near ? hover.near.marks[0].at : hover.at)}</span>
					{page && !hover.near && <p>{shortUrl(page.url)}</p>}
					{listed.map((mark, i) => <p key={i}>{mark.text}</p>)}
					{hover.near && hover.near.marks.length > listed.length && <p>and {hover.near.marks.length - listed.length} more</p>}
				</div>
			</>}
		</div>
	</div>;
}
