/* What the picture shows of the network: fetched from the browser's cache with CORS, inlined as data:
 * URLs. Large pictures are scaled to what is seen of them. What cannot be had is noted. */
import {readBounded} from '../worker_read.js';

const MAX_RESOURCES = 300;
const MAX_BYTES = 16 << 20;
/** For all of them. */
const DEADLINE_MS = 4000;
const PARALLEL = 6;
/** Smaller ones are not worth the work. */
const SCALE_BYTES = 150_000;
const SCALE_MIN = 2;

/** @param {Blob} blob @returns {Promise<string>} a data: URL */
export const toDataUrl = blob => new Promise((resolve, reject) => {
	const reader = new FileReader();
	reader.onload = () => resolve(/** @type {string} */ (reader.result));
	reader.onerror = () => reject(reader.error);
	reader.readAsDataURL(blob);
});

/** @param {ImageBitmap} bitmap @param {number} [width] @param {number} [height] @returns {Promise<Blob>} */
export function encodeBitmap(bitmap, width = bitmap.width, height = bitmap.height, type = 'image/png') {
	const canvas = new OffscreenCanvas(width, height);
	const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
	context.imageSmoothingQuality = 'high';
	context.drawImage(bitmap, 0, 0, width, height);
	bitmap.close();
	return canvas.convertToBlob({type, quality: 0.92});
}

/** @param {Blob} blob @param {[number, number]} size  device pixels in which it is seen */
async function scaled(blob, [width, height]) {
	if (blob.size < SCALE_BYTES || !/^image\/(?:jpeg|png|webp|avif)/.test(blob.type) || typeof OffscreenCanvas !== 'function') return blob;
	const bitmap = await createImageBitmap(blob);
	const scale = Math.max(width / bitmap.width, height / bitmap.height) * SCALE_MIN;
	if (!(scale > 0 && scale < 1)) {
		bitmap.close();
		return blob;
	}
	/* The intrinsic size may be what a box goes by: only where the writer gives sizes is this asked for. */
	return encodeBitmap(bitmap, Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)), blob.type === 'image/jpeg' ? 'image/jpeg' : 'image/png');
}

/** @param {string} address */
const nameOf = address => {
	try {
		return new URL(address).origin;
	} catch {
		return 'unknown';
	}
};

export function createResources() {
	/** Told before the rest, absolute. @type {Map<string, [number, number] | null>} */
	const wanted = new Map();
	/** @type {Map<string, string>} */
	const have = new Map();
	/** @type {Set<string>} */
	const missing = new Set();
	const budget = {left: MAX_BYTES};
	const abort = new AbortController();
	/** @type {ReturnType<typeof setTimeout> | 0} */
	let timer = 0;

	/** @param {string} address @param {string} base @returns {string} absolute, '' */
	const absolute = (address, base) => {
		try {
			const url = new URL(address, base || undefined);
			return /^(?:https?|blob|data):$/.test(url.protocol) ? url.href : '';
		} catch {
			return '';
		}
	};

	/** @param {string} url @param {'blob' | 'text'} as */
	const load = async (url, as) => {
		timer ||= setTimeout(() => abort.abort(), DEADLINE_MS);
		const response = await fetch(url.split('#')[0], {cache: 'force-cache', credentials: 'same-origin', signal: abort.signal});
		if (!response.ok || !response.body) throw new Error('no resource');
		const body = await readBounded(response, budget.left);
		if (!body) throw new Error('too large');
		budget.left -= body.size;
		const blob = new Blob([body], {type: (response.headers.get('Content-Type') || '').split(';')[0]});
		return as === 'text' ? blob.text() : blob;
	};

	return {
		absolute,
		/** @param {string} url  absolute @param {[number, number] | null} [size]  where it is drawn in that size, device pixels */
		want(url, size = null) {
			if (!/^(?:https?|blob):/.test(url) || (!wanted.has(url) && wanted.size >= MAX_RESOURCES)) return;
			const before = wanted.get(url);
			wanted.set(url, size && (!wanted.has(url) || before) ? before ? [Math.max(size[0], before[0]), Math.max(size[1], before[1])] : size : null);
		},
		/** @param {string} url @param {string} data */
		put: (url, data) => void have.set(url, data),
		/** @param {string} url  absolute @returns {string} '' when it is not there */
		get: url => url.startsWith('data:') ? url : have.get(url) ?? '',
		/** @param {string} url @returns {Promise<string>} '' */
		text: async url => {
			try {
				return /** @type {string} */ (await load(url, 'text'));
			} catch {
				missing.add(nameOf(url));
				return '';
			}
		},
		/** @param {string} url */
		miss: url => void missing.add(nameOf(url)),
		async fetchAll() {
			const list = [...wanted].filter(([url]) => !have.has(url));
			let next = 0;
			const lane = async () => {
				while (next < list.length && !abort.signal.aborted) {
					const [url, size] = list[next++];
					try {
						let blob = /** @type {Blob} */ (await load(url, 'blob'));
						if (size) blob = await scaled(blob, size).catch(() => blob);
						have.set(url, await toDataUrl(blob));
					} catch {
						missing.add(nameOf(url));
					}
				}
			};
			await Promise.all(Array.from({length: PARALLEL}, lane));
			clearTimeout(timer);
			wanted.clear();
		},
		/** Origins of what could not be had. */
		missing,
	};
}
