/* rearview.shot.js: pictures of the page. The worker writes the picture's markup from what was recorded
 * (flat/); here is what only the page knows: sizes, states, what is off screen, frames of canvases and
 * videos; and the drawing, which is the one long task. Geometry comes with an IntersectionObserver's
 * answer, when the layout is clean. */
import * as rv from 'rv:records';
import {shootDisplay} from './shot_display.js';
import {lookAt} from './shot_look.js';

/** @typedef {ReturnType<typeof createShot>} Shots */
/** @typedef {{mode?: 'viewport' | 'page' | 'element', element?: Element, source?: 'display'}} ShotOptions */
/** @typedef {{data: ArrayBuffer, width: number, height: number, notes: string[]}} Pixels  RGBA */

const PIXELS_MAX = 8 << 20;
const SIDE_MAX = 16_000;
const NESTED_MS = 80;

/**
 * @param {object} ctx
 * @param {import('./host/hub.js').Hub} ctx.hub
 * @param {(message: any, transfer?: Transferable[]) => Promise<any>} ctx.ask  the worker
 * @param {import('./record/ids.js').Ids} ctx.ids
 * @param {() => Promise<void>} ctx.flush
 */
export function createShot({hub, ask, ids, flush}) {
	const {win, native} = hub;
	const {document} = win;
	const rest = () => new Promise(done => native.setTimeout(() => done(undefined), 0));

	/** @param {ShotOptions} options @returns {Promise<Pixels>} */
	const drawn = async ({mode = 'viewport', element}) => {
		const target = mode === 'element' ? element : undefined;
		if (mode === 'element' && (!target?.isConnected || target.ownerDocument !== document)) throw new TypeError('A picture of an element needs an element of this page.');
		if (!win.innerWidth || !win.innerHeight) throw new Error('The page has no size.');
		await flush();
		const {plan, media, states} = await ask({t: 'picture'});
		const {facts, transfer, box, page} = await lookAt(hub, ids, {media, states, isWhole: mode === 'page', target});
		await flush();
		const {url, notes} = await ask({t: 'markup', plan, facts}, transfer);
		const {width, height} = page ?? {width: win.innerWidth, height: win.innerHeight};
		const part = box ?? {x: 0, y: 0, width, height};
		if (!(part.width > 0) || !(part.height > 0)) throw new Error('The element has no size.');
		const image = new win.Image();
		image.width = width;
		image.height = height;
		image.src = url;
		await image.decode().catch(() => {
			throw new Error('The page does not allow pictures from data: addresses (img-src data:).');
		});
		/* Firefox draws a picture's own SVG images only some time after it is decoded. */
		if (url.indexOf('data:image/svg', 20) > 0) await new Promise(done => native.setTimeout(() => done(undefined), NESTED_MS));
		const ratio = win.devicePixelRatio || 1;
		const scale = Math.min(ratio, Math.sqrt(PIXELS_MAX / (part.width * part.height)), SIDE_MAX / part.width, SIDE_MAX / part.height);
		if (scale < ratio) notes.push('drawn smaller than it is');
		const canvas = document.createElement('canvas');
		canvas.width = Math.max(1, Math.round(part.width * scale));
		canvas.height = Math.max(1, Math.round(part.height * scale));
		const context = canvas.getContext('2d', {willReadFrequently: true});
		if (!context) throw new Error('There is no canvas to draw on.');
		/* The first stroke lays the markup out, the others paint it. */
		context.drawImage(image, -part.x * scale, -part.y * scale, width * scale, height * scale);
		await rest();
		const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
		return {data: /** @type {ArrayBuffer} */ (data.buffer), width: canvas.width, height: canvas.height, notes};
	};

	return {
		/** @param {ShotOptions} [options] @returns {Promise<Pixels>} */
		take: (options = {}) => options.source === 'display' ? shootDisplay(hub, ids, rv.EL_MASK | rv.EL_BLOCK) : drawn(options),
	};
}
