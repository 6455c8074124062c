/* The screenshot's SVG: the core lists what the picture needs, what may be fetched is fetched and
 * inlined, the core writes the SVG. */
import {readBounded} from './worker_read.js';

const MAX_RESOURCES = 200;
const MAX_BYTES = 8 << 20;
/** For all of them. */
const DEADLINE_MS = 3000;
const PARALLEL = 6;

/** @param {Blob} blob @returns {Promise<string>} a data: URL */
const toDataUrl = blob => new Promise((resolve, reject) => {
	const reader = new FileReader();
	reader.onload = () => resolve(/** @type {string} */ (reader.result));
	reader.onerror = () => reject(reader.error);
	reader.readAsDataURL(blob);
});

/**
 * @param {string} url
 * @param {{left: number}} budget  bytes
 * @param {AbortSignal} signal
 */
async function fetchResource(url, budget, signal) {
	const response = await fetch(url, {cache: 'force-cache', credentials: 'same-origin', signal});
	if (!response.ok || !response.body) throw new Error('no resource');
	const body = await readBounded(response, budget.left);
	if (!body) throw new Error('too large');
	budget.left -= body.size;
	return toDataUrl(new Blob([body], {type: (response.headers.get('Content-Type') || '').split(';')[0]}));
}

/**
 * @param {[url: string, base: string][]} resources
 * @param {(index: number, dataUrl: string) => void} add
 */
export async function addResources(resources, add) {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), DEADLINE_MS);
	const list = resources.slice(0, MAX_RESOURCES);
	const budget = {left: MAX_BYTES};
	let next = 0;
	const lane = async () => {
		while (next < list.length && !abort.signal.aborted) {
			const index = next++;
			try {
				const url = new URL(list[index][0], list[index][1] || undefined).href;
				if (/^(https?|blob):/.test(url)) add(index, await fetchResource(url, budget, abort.signal));
			} catch {}
		}
	};
	await Promise.all(Array.from({length: PARALLEL}, lane));
	clearTimeout(timer);
}

/** Only what the URL parser would change or drop needs escaping. @param {string} svg */
export const svgUrl = svg => 'data:image/svg+xml;charset=utf-8,' + svg.replace(/[%#\t\n\r]/g, encodeURIComponent);
