/* rearview.extras.js: what need not be there from the first moment. The recorder loads it at idle after
 * the first snapshot and starts it anew with every epoch, so each module begins by reading what is. */
import {observeMedia} from './observe/media.js';

/**
 * @typedef {object} More
 * @property {import('./host/patch.js').Patcher} patcher
 * @property {(root: Document | ShadowRoot, selector: string) => Element[]} find
 */
/** @typedef {import('./recorder.js').Ctx & More} ExtrasCtx */
/** @typedef {(ctx: ExtrasCtx) => void | (() => void)} Extra */
/** @typedef {ReturnType<typeof createExtras>} Extras */

/** What `ctx` gives a module (listeners, timers, replaced functions) ends with it. @type {Extra[]} */
const MODULES = [observeMedia];

/** @param {import('./recorder.js').Ctx} ctx */
export function createExtras(ctx) {
	const {hub, roots} = ctx;
	const {native} = hub;
	/** @type {((root: Document | ShadowRoot) => void)[]} */
	let eachRoot = [];
	/** @type {(() => void)[]} */
	let stops = [];
	ctx.onRoot(root => {
		for (const each of eachRoot) hub.attempt(() => each(root));
	});

	/** @type {More['find']} */
	const find = (root, selector) => {
		/** @type {Element[]} */
		const found = [];
		for (let child = /** @type {any} */ (native.firstChild(root)); child; child = native.nextSibling(child)) {
			if (native.nodeType(child) !== 1) continue;
			if (native.matches(child, selector)) found.push(child);
			found.push(...native.queryAll(child, selector));
		}
		return found;
	};

	const stop = () => {
		eachRoot = [];
		for (const end of stops.splice(0)) hub.attempt(end);
	};
	return {
		stop,
		start() {
			stop();
			const over = new AbortController();
			const patcher = hub.newPatcher();
			stops.push(() => over.abort(), patcher.restore);
			/** @type {ExtrasCtx['listen']} */
			const listen = (target, type, handler) => native.listen(target, type, hub.guard(handler), {capture: true, passive: true, signal: over.signal});
			/** @type {ExtrasCtx['onRoot']} */
			const onRoot = each => {
				const visit = (/** @type {Document | ShadowRoot} */ root) => each(root, (type, handler) => listen(root, type, handler));
				eachRoot.push(visit);
				roots(visit);
			};
			/** @type {ExtrasCtx} */
			const own = {
				...ctx, listen, onRoot, patcher, find,
				onWindow: each => onRoot(root => {
					const win = native.nodeType(root) === 9 && native.defaultView(/** @type {Document} */ (root));
					if (win) each(win, (type, handler) => listen(win, type, handler));
				}),
				every(ms, tick) {
					const end = ctx.every(ms, tick);
					stops.push(end);
					return end;
				},
			};
			for (const module of MODULES) {
				hub.attempt(() => {
					const end = module(own);
					if (end) stops.push(end);
				});
			}
		},
	};
}

/* As a script tag's file: hand the maker to the loader that asked for it. */
const script = typeof document === 'object' && /** @type {any} */ (Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document));
if (script) script.rearview?.(createExtras);
