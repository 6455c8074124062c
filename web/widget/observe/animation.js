/* Animations that scripts made. The stylesheet's own are replayed from its rules. Functions of Web
 * Animations tell which ones to look at; those from before are listed after a layout, when that costs
 * no style work. What an animation holds at rest (filled after its end, or paused) is written as
 * declarations, for players that know nothing of animations. */
import * as rv from 'rv:records';

const GAP_MS = 100;
const WATCH_MS = 1000;
/** How long an element may be out of the page and still be the animated one. */
const GONE_MS = 10_000;
const ANIMATIONS_MAX = 500;
const TEXT_MAX = 8192;
const STATES = /** @type {Record<string, number>} */ ({idle: rv.ANIMATION_IDLE, running: rv.ANIMATION_RUNNING, paused: rv.ANIMATION_PAUSED, finished: rv.ANIMATION_FINISHED});
const NOT_STYLE = new Set(['offset', 'computedOffset', 'easing', 'composite']);

/** JSON of a flat value, list or object; the page may have given its prototypes a toJSON. @param {any} value @returns {string} */
const json = value => {
	if (typeof value === 'string') return `"${value.replace(/[\\"\u0000-\u001f]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
	if (Array.isArray(value)) return `[${value.map(json).join()}]`;
	if (value && typeof value === 'object') return `{${Object.keys(value).filter(key => key !== 'computedOffset').map(key => `${json(key)}:${json(value[key])}`).join()}}`;
	return typeof value === 'number' && Number.isFinite(value) ? `${value}` : 'null';
};

/** A keyframe's member as a property. @param {string} name */
const property = name => name === 'cssFloat' ? 'float' : name === 'cssOffset' ? 'offset' : name.startsWith('--') ? name : name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`).replace(/^(webkit|moz)-/, '-$1-');

/**
 * One animation, as last written.
 * @typedef {{number: number, element: Element, pseudo: string, id: number, key: string, keyframes: string, timing: string, hold: string, gone: number}} Known
 */

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeAnimation({hub, enc, ids, flow, patcher, onRoot, onWindow, every, afterLayout, listen}) {
	const {win, native} = hub;
	/** In the order in which they were made. @type {Map<any, Known>} */
	const known = new Map();
	/** @type {Set<any>} */
	const dirty = new Set();
	/** What is held over each element. @type {WeakMap<Element, string>} */
	const held = new WeakMap();
	/** @type {WeakSet<object>} */
	const listened = new WeakSet();
	let timer = 0;
	let numbers = 0;

	/** Declarations at rest, null when only the computed style knows. @param {any} effect @param {any[]} frames @param {boolean} isComputed @returns {string | null} */
	const declarations = (effect, frames, isComputed) => {
		const {progress} = effect.getComputedTiming();
		if (progress === null) return '';
		const names = [...new Set(frames.flatMap(Object.keys))].filter(name => !NOT_STYLE.has(name));
		if (isComputed) {
			const style = win.getComputedStyle(effect.target);
			return names.map(name => `${property(name)}: ${style.getPropertyValue(property(name))};`).join(' ');
		}
		const at = frames.filter(frame => frame.computedOffset === progress);
		if (!at.length || effect.composite !== 'replace' || at.some(frame => frame.composite !== 'auto' && frame.composite !== 'replace')) return null;
		const frame = Object.assign({}, ...at);
		return names.every(name => name in frame) ? names.map(name => `${property(name)}: ${frame[name]};`).join(' ') : null;
	};

	/** @param {Element} element */
	const writeHold = element => {
		const css = [...known.values()].filter(one => one.element === element && !one.pseudo).map(one => one.hold).filter(Boolean).join(' ').slice(0, TEXT_MAX);
		const id = ids.live(element);
		const key = `${id} ${css}`;
		if ((held.get(element) ?? `${id} `) === key) return;
		flow.onNode(element, false, 4, own => {
			held.set(element, key);
			enc.put(rv.REC_HOLD, 2, own, enc.text(css));
		});
	};

	/** @param {any} animation @param {boolean} isAfterLayout @returns {boolean} false: to be looked at after a layout */
	const look = (animation, isAfterLayout) => {
		const {effect, playState, currentTime, playbackRate, replaceState} = animation;
		const target = effect?.target;
		const before = known.get(animation);
		if (before && before.element !== target) forget(animation, before);
		if (!target) return true;
		const state = replaceState === 'removed' ? rv.ANIMATION_IDLE : STATES[playState] ?? rv.ANIMATION_IDLE;
		const timing = effect.getTiming();
		const isAtRest = state === rv.ANIMATION_PAUSED || (state === rv.ANIMATION_FINISHED && /^(?:forwards|both)$/.test(timing.fill));
		const isOver = !isAtRest && state !== rv.ANIMATION_RUNNING;
		if (!native.isConnected(target)) {
			if (before) before.id = 0;
			if (isOver) known.delete(animation);
			return true;
		}
		if (!before && isOver) return true;
		/** @type {any[]} */
		const frames = effect.getKeyframes();
		const hold = isAtRest ? declarations(effect, frames, isAfterLayout) : '';
		if (hold === null) return false;
		const one = known.get(animation) ?? {number: ++numbers, element: target, pseudo: effect.pseudoElement ?? '', id: 0, key: '', keyframes: '', timing: '', hold: '', gone: 0};
		known.set(animation, one);
		one.hold = hold;
		const id = ids.live(target);
		const keyframes = json(frames);
		const times = json({...timing, playbackRate});
		const time = Math.max(0, Math.round(typeof currentTime === 'number' ? currentTime : 0));
		/* Where a running one has come to follows from where it was. */
		const key = `${state} ${state === rv.ANIMATION_RUNNING ? Math.round(native.now() * playbackRate - time) >> 6 : time}`;
		if (one.key !== key || one.id !== id || one.keyframes !== keyframes || one.timing !== times) {
			const isNew = one.id !== id || one.keyframes !== keyframes || one.timing !== times;
			Object.assign(one, {key, id, keyframes, timing: times});
			flow.onNode(target, false, 9, own => {
				one.id = own;
				const fits = keyframes.length <= TEXT_MAX && times.length <= TEXT_MAX;
				enc.put(rv.REC_ANIMATION, 7, own, one.number, state, time, one.pseudo ? enc.name(one.pseudo) : 0, isNew && fits ? enc.text(keyframes) : 0, isNew && fits ? enc.text(times) : 0);
			});
		}
		writeHold(target);
		if (isOver) known.delete(animation);
		return true;
	};

	/** @param {any} animation @param {Known} one */
	const forget = (animation, one) => {
		known.delete(animation);
		if (!native.isConnected(one.element)) return;
		flow.onNode(one.element, false, 9, id => enc.put(rv.REC_ANIMATION, 4, id, one.number, rv.ANIMATION_IDLE));
		writeHold(one.element);
	};

	const lookAll = hub.guard(() => {
		timer = 0;
		if (!flow.isRunning()) return;
		const rest = [...dirty];
		dirty.clear();
		const later = rest.filter(animation => hub.attempt(() => look(animation, false)) === false);
		if (later.length) afterLayout(() => later.forEach(animation => hub.attempt(() => look(animation, true))));
	});

	/** @param {any} animation */
	const track = animation => {
		if (!animation || typeof animation !== 'object' || /^CSS(?:Animation|Transition)$/.test(Object.prototype.toString.call(animation).slice(8, -1))) return;
		if (dirty.size + known.size >= ANIMATIONS_MAX && !known.has(animation)) return;
		if (!listened.has(animation)) {
			listened.add(animation);
			for (const type of ['finish', 'cancel', 'remove']) listen(animation, type, () => track(animation));
		}
		dirty.add(animation);
		timer ||= native.setTimeout(lookAll, GAP_MS);
	};
	const after = (/** @type {any} */ self) => track(self);

	onWindow(own => {
		const {Element, Animation, KeyframeEffect} = /** @type {any} */ (own);
		if (!Animation) return;
		patcher.method(Element.prototype, 'animate', null, (_self, _args, result) => track(result));
		for (const name of ['play', 'pause', 'finish', 'cancel', 'reverse', 'updatePlaybackRate', 'persist']) patcher.method(Animation.prototype, name, null, after);
		for (const name of ['currentTime', 'startTime', 'playbackRate', 'effect']) patcher.accessor(Animation.prototype, name, 'set', after);
		const changed = (/** @type {any} */ effect) => {
			for (const animation of known.keys()) if (animation.effect === effect) track(animation);
		};
		for (const name of ['setKeyframes', 'updateTiming']) patcher.method(KeyframeEffect?.prototype, name, null, changed);
	});
	onRoot(root => afterLayout(() => root.getAnimations?.().forEach(track)));
	/* An element that was written anew has a new id. One that stays away is given up. */
	every(WATCH_MS, () => {
		const now = native.now();
		for (const [animation, one] of known) {
			const id = ids.live(one.element);
			if (id) {
				one.gone = 0;
				if (id !== one.id) track(animation);
			} else if ((one.gone ||= now) < now - GONE_MS) known.delete(animation);
		}
	});
	return () => native.clearTimeout(timer);
}
