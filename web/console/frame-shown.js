/**
 * What rrweb's format has no word for, and its Replayer passes over: Custom events whose tag begins with
 * `rv:` (docs/ARCHITECTURE.md). Their state at a time is the last event of each key since the last
 * FullSnapshot; it is applied to the Replayer's nodes whenever the time or a node changes.
 *
 * The events are as hostile as the rest of the recording: everything read from them is checked, and
 * what is applied are calls that no script of the recording could use to get anywhere.
 */

/** @typedef {import('./frame-disarm.js').ReplayEvent} ReplayEvent */
/** @typedef {{id: number, state: string, time: number, at: number, pseudo: string|undefined, keyframes: any, timing: any}} Motion */

const FULL_SNAPSHOT = 2, CUSTOM = 5;
const MAX_KEYS = 2000;
const MAX_KEYFRAMES = 500;
/** What the export adds to a popover's style for players that know no popovers. */
const POPOVER_STYLE = /;?display:(?:block|var\(--rv-popover-display,block\));z-index:2147483647$/;

/** @param {unknown} value @param {number} least @param {number} most @param {number} otherwise */
const within = (value, least, most, otherwise) => typeof value === 'number' && Number.isFinite(value) ? Math.min(Math.max(value, least), most) : otherwise;

/** The options that element.animate takes, of what getTiming gave. @param {any} timing @param {string|undefined} pseudo @returns {KeyframeAnimationOptions} */
function optionsOf(timing, pseudo) {
	/** @type {any} */
	const out = { duration: within(timing?.duration, 0, 1e9, 0), delay: within(timing?.delay, -1e9, 1e9, 0), endDelay: within(timing?.endDelay, -1e9, 1e9, 0), iterationStart: within(timing?.iterationStart, 0, 1e6, 0) };
	// JSON has no word for endless iterations.
	out.iterations = timing?.iterations === null || timing?.iterations === 'Infinity' ? Infinity : within(timing?.iterations, 0, 1e9, 1);
	for (const name of ['direction', 'easing', 'fill']) if (typeof timing?.[name] === 'string' && timing[name].length < 2000) out[name] = timing[name];
	if (pseudo) out.pseudoElement = pseudo;
	return out;
}

/**
 * @param {ReplayEvent[]} events in order
 * @param {{node: (id: number) => Node|null, zoom: (x: number, y: number, scale: number) => void}} page the recorded page as it stands
 */
export function createShown(events, page) {
	const facts = events.filter((event) => event.type === FULL_SNAPSHOT || (event.type === CUSTOM && typeof event.data?.tag === 'string' && event.data.tag.startsWith('rv:')));
	/** @type {Map<number, boolean>} */
	const popovers = new Map();
	/** @type {Map<number, boolean>} */
	const mixed = new Map();
	/** @type {Map<number, Motion>} */
	const motions = new Map();
	let zoom = { x: 0, y: 0, scale: 1 };
	let next = 0, shown = -Infinity, zoomed = '';
	/** What was done, and to which node: the Replayer may put another in its place. @type {Map<number, {node: Node, motion: Motion, effect: Animation}>} */
	const running = new Map();

	const clear = () => {
		popovers.clear();
		mixed.clear();
		motions.clear();
		zoom = { x: 0, y: 0, scale: 1 };
	};

	/** @param {ReplayEvent} event */
	const take = ({ type, timestamp, data }) => {
		if (type === FULL_SNAPSHOT) { clear(); return; }
		const it = data.payload && typeof data.payload === 'object' ? data.payload : {};
		if (data.tag === 'rv:popover' && (popovers.has(it.id) || popovers.size < MAX_KEYS)) popovers.set(it.id, it.open === true);
		else if (data.tag === 'rv:indeterminate' && (mixed.has(it.id) || mixed.size < MAX_KEYS)) mixed.set(it.id, it.on === true);
		else if (data.tag === 'rv:visual-viewport') zoom = { x: within(it.x, -1e5, 1e5, 0), y: within(it.y, -1e5, 1e5, 0), scale: within(it.scale, 0.1, 20, 1) };
		else if (data.tag === 'rv:animation') {
			const before = motions.get(it.animation);
			if (it.state === 'idle') motions.delete(it.animation);
			else if (before || motions.size < MAX_KEYS) motions.set(it.animation, {
				id: it.id, state: String(it.state), time: within(it.time_ms, -1e9, 1e12, 0), at: timestamp, pseudo: typeof it.pseudo === 'string' ? it.pseudo.slice(0, 100) : before?.pseudo,
				keyframes: Array.isArray(it.keyframes) ? it.keyframes.slice(0, MAX_KEYFRAMES) : before?.keyframes, timing: it.timing && typeof it.timing === 'object' ? it.timing : before?.timing,
			});
		}
	};

	/** @param {number} id */
	const element = (id) => {
		const node = page.node(id);
		return node && node.nodeType === 1 && node.isConnected ? /** @type {HTMLElement} */ (node) : undefined;
	};

	const showPopovers = () => {
		for (const [id, open] of popovers) {
			const it = element(id);
			if (!it || typeof it.showPopover !== 'function' || !it.hasAttribute('popover')) continue;
			const is = it.matches(':popover-open'), style = open ? it.getAttribute('style') : null;
			if (open && !is) it.showPopover();
			else if (!open && is) it.hidePopover();
			if (style && POPOVER_STYLE.test(style)) it.setAttribute('style', style.replace(POPOVER_STYLE, ''));
		}
	};

	/** @param {number} now */
	const showMotions = (now) => {
		for (const [key, { node, effect }] of running) {
			if (motions.has(key) && node.isConnected) continue;
			effect.cancel();
			running.delete(key);
		}
		for (const [key, motion] of motions) {
			const it = element(motion.id);
			if (!it || !motion.keyframes) continue;
			let made = running.get(key);
			if (!made || made.node !== it || made.motion.keyframes !== motion.keyframes || made.motion.timing !== motion.timing) {
				made?.effect.cancel();
				running.delete(key);
				const effect = it.animate(motion.keyframes, optionsOf(motion.timing, motion.pseudo));
				effect.pause();
				made = { node: it, motion, effect };
				running.set(key, made);
			}
			made.motion = motion;
			made.effect.currentTime = motion.time + (motion.state === 'running' ? (now - motion.at) * within(motion.timing?.playbackRate, -1000, 1000, 1) : 0);
		}
	};

	/** One thing that cannot be shown must not cost the others. @param {() => void} fn */
	const attempt = (fn) => { try { fn(); } catch { /* as the Replayer shows it */ } };

	return {
		/** Brings the page to a time. @param {number} now ms since 1970 */
		at(now) {
			if (now < shown) { next = 0; clear(); }
			shown = now;
			while (next < facts.length && facts[next].timestamp <= now) take(facts[next++]);
			attempt(showPopovers);
			for (const [id, on] of mixed) {
				const it = element(id);
				if (it && 'indeterminate' in it && it.indeterminate !== on) it.indeterminate = on;
			}
			attempt(() => showMotions(now));
			const { x, y, scale } = zoom, text = `${x} ${y} ${scale}`;
			if (text !== zoomed) { zoomed = text; page.zoom(x, y, scale); }
		},
	};
}
