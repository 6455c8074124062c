/* rearview.extras.js: what need not be there from the first moment. The recorder loads it at idle after
 * the first snapshot and starts it anew with every epoch, so each module begins by reading what is. */
import * as rv from 'rv:records';
import {observeAnimation} from './observe/animation.js';
import {observeBlobs} from './observe/blobs.js';
import {observeBudget} from './observe/breaker.js';
import {observeCanvas} from './observe/canvas.js';
import {observeDisplay} from './observe/display.js';
import {observeHistory} from './observe/history.js';
import {observeKeyboard} from './observe/keyboard.js';
import {observeLate} from './observe/late.js';
import {observeLifecycle} from './observe/lifecycle.js';
import {observeMedia} from './observe/media.js';
import {observePoll} from './observe/poll.js';
import {observeSelection} from './observe/selection.js';
import {observeSizes} from './observe/sizes.js';
import {observeDrift} from './record/drift.js';
import {LEAF} from './record/ids.js';
import {SLICE_MS} from './record/limits.js';

/**
 * @typedef {object} More
 * @property {import('./host/patch.js').Patcher} patcher
 * @property {(root: Document | ShadowRoot, selector: string) => Element[]} find
 * @property {(node: Node) => Node | null} parentOf  across shadow roots
 * @property {(node: Node) => number} placeOf  its id, 0 when the stream does not know it yet, -1 when what is there is not recorded
 * @property {(bits: number) => boolean} isHidden  whether what an element with these bits shows must not leave the page
 * @property {(then: () => void) => void} afterLayout  when style and layout are up to date anyway
 * @property {import('./record/sheets.js').Sheets & import('./record/rules.js').Rules} sheets
 */
/** @typedef {import('./recorder.js').Ctx & More} ExtrasCtx */
/** @typedef {(ctx: ExtrasCtx) => void | (() => void)} Extra */
/** @typedef {ReturnType<typeof createExtras>} Extras */

/** @type {Promise<any> | null} */
let frame = null;
/** Frames of other origins that may record with the page. @type {Extra} */
const observeFrames = ctx => {
	let isOver = !ctx.options.frames;
	if (!isOver) (frame ??= ctx.part('frame')).then(made => isOver || made.take(ctx)).catch(() => {});
	return () => {
		isOver = true;
	};
};

/** Looks that wait for a layout; a page that is not shown has none. */
const DUE_MAX = 1000;

/** What `ctx` gives a module (listeners, timers, replaced functions) ends with it. @type {Extra[]} */
const MODULES = [observePoll, observeSizes, observeLate, observeMedia, observeDisplay, observeSelection, observeAnimation, observeKeyboard, observeLifecycle, observeHistory, observeCanvas, observeBlobs, observeBudget, observeDrift, observeFrames];

/** @param {import('./recorder.js').Ctx} ctx @param {Extra[]} more  those of rearview.styles.js and rearview.logs.js */
export function createExtras(ctx, more) {
	const {hub, roots, ids, privacy} = ctx;
	const {native, win} = hub;
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

	/** @type {More['parentOf']} */
	const parentOf = node => native.parentNode(node) ?? /** @type {any} */ (node).host ?? null;

	/** @type {More['placeOf']} */
	const placeOf = node => {
		const id = ids.live(node);
		if (id) return native.nodeType(node) === 1 && ids.bitsOf(id) & LEAF ? -1 : id;
		for (let up = native.isConnected(node) ? parentOf(node) : null; up; up = parentOf(up)) {
			const above = ids.live(up);
			if (above) return ids.bitsOf(above) & LEAF ? -1 : 0;
		}
		return -1;
	};

	/** @type {More['isHidden']} */
	const isHidden = bits => (bits & (rv.EL_MASK | rv.EL_BLOCK)) !== 0 || (privacy.level === 'strict' && !(bits & rv.EL_ALLOW));

	const stop = () => {
		eachRoot = [];
		for (const end of stops.splice(0)) hub.attempt(end);
	};
	return {
		stop,
		/** @returns {Promise<void>} all of them have begun, or were stopped */
		start() {
			stop();
			const over = new AbortController();
			const patcher = hub.newPatcher();
			stops.push(() => over.abort(), patcher.restore);
			/** @type {ExtrasCtx['listen']} */
			const listen = (target, type, handler) => ctx.listen(target, type, handler, over.signal);
			/** @type {ExtrasCtx['onRoot']} */
			const onRoot = each => {
				/* A frame's document may have gone, and its window be another origin's. */
				const visit = (/** @type {Document | ShadowRoot} */ root) => hub.attempt(() => each(root, (type, handler) => listen(root, type, handler)));
				eachRoot.push(visit);
				roots(visit);
			};
			/** @type {(() => void)[]} */
			let due = [];
			const layout = new win.ResizeObserver(() => {
				layout.disconnect();
				for (const then of due.splice(0)) hub.attempt(then);
			});
			stops.push(() => layout.disconnect());
			/** @type {More['afterLayout']} */
			const afterLayout = then => {
				const root = native.documentElement(win.document);
				if (root && due.length < DUE_MAX && due.push(then)) layout.observe(root);
			};
			/** @type {ExtrasCtx} */
			const own = {
				...ctx, sheets: /** @type {ExtrasCtx['sheets']} */ (ctx.sheets), listen, onRoot, patcher, find, parentOf, placeOf, isHidden, afterLayout,
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
			/* Some look through the whole page: in slices. */
			const rest = [...MODULES, ...more];
			return new Promise(done => {
				const next = () => {
					const until = native.now() + SLICE_MS;
					while (rest.length && !over.signal.aborted) {
						if (native.now() > until) return void native.setTimeout(next, 0);
						hub.attempt(() => {
							const end = /** @type {Extra} */ (rest.shift())(own);
							if (end) stops.push(end);
						});
					}
					done(undefined);
				};
				next();
			});
		},
	};
}
