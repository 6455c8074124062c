// A page in the browser's own picture and in ours, pixel by pixel.
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { pageWith, recording } from './harness.mjs';
import { pages } from './shot_pages.mjs';

const FONT = ['/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf', '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf'];
export const VIEW = { width: 800, height: 600 };

/** @param {Buffer} png 8 bits a channel, not interlaced @returns {{width: number, height: number, data: Uint8Array}} RGB */
export function decodePng(png) {
	const width = png.readUInt32BE(16);
	const height = png.readUInt32BE(20);
	const channels = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 })[png[25]];
	const parts = [];
	let palette = png.subarray(0, 0);
	for (let at = 8; at < png.length;) {
		const length = png.readUInt32BE(at);
		const kind = png.toString('latin1', at + 4, at + 8);
		if (kind === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
		if (kind === 'PLTE') palette = png.subarray(at + 8, at + 8 + length);
		at += length + 12;
	}
	const raw = inflateSync(Buffer.concat(parts));
	const stride = width * channels;
	const out = new Uint8Array(stride * height);
	for (let y = 0; y < height; y++) {
		const filter = raw[y * (stride + 1)];
		for (let x = 0; x < stride; x++) {
			const a = x >= channels ? out[y * stride + x - channels] : 0;
			const b = y ? out[(y - 1) * stride + x] : 0;
			const c = x >= channels && y ? out[(y - 1) * stride + x - channels] : 0;
			const p = a + b - c;
			const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
			out[y * stride + x] = raw[y * (stride + 1) + 1 + x] + [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter];
		}
	}
	const data = new Uint8Array(width * height * 3);
	for (let i = 0; i < width * height; i++) {
		for (let k = 0; k < 3; k++) data[i * 3 + k] = png[25] === 3 ? palette[out[i] * 3 + k] : channels < 3 ? out[i * channels] : out[i * channels + k];
	}
	return { width, height, data };
}

/** Percent of pixels off by more than a little. @param {Buffer} one @param {Buffer} two @param {number} [tolerance] */
export function difference(one, two, tolerance = 32) {
	const a = decodePng(one);
	const b = decodePng(two);
	if (a.width !== b.width || a.height !== b.height) return 100;
	let off = 0;
	for (let i = 0; i < a.data.length; i += 3) if (Math.max(Math.abs(a.data[i] - b.data[i]), Math.abs(a.data[i + 1] - b.data[i + 1]), Math.abs(a.data[i + 2] - b.data[i + 2])) > tolerance) off++;
	return off / (a.width * a.height) * 100;
}

/**
 * Puts a page and its files into the site.
 * @param {any} site @param {string} name @param {import('./shot_pages.mjs').ShotPage} [page] @param {typeof pageWith} [make]  its HTML
 * @returns {string} its address
 */
export function place(site, name, page = pages[name], make = pageWith) {
	const { head = '', body, files = {}, options } = page;
	const folder = `/${Object.keys(pages).indexOf(name)}`;
	for (const [path, file] of Object.entries(files)) site.pages[folder + path] = file === 'font' ? { type: 'font/ttf', body: readFileSync(FONT[0]), headers: { 'cache-control': 'max-age=600' } } : typeof file === 'string' ? file : { ...file, headers: { 'cache-control': 'max-age=600', ...file.headers } };
	const put = (/** @type {string} */ text) => text.replaceAll('OTHER', site.other + folder);
	site.pages[`${folder}/`] = make(put(body), { head: put(head), options });
	return `${site.base}${folder}/`;
}

/** @param {import('puppeteer-core').Page} page @param {any} site @param {string} name @param {'chromium' | 'firefox'} engine */
export async function openPage(page, site, name, engine) {
	const { run = '', ratio = 1, media = [] } = pages[name];
	await page.setViewport({ ...VIEW, deviceScaleFactor: ratio });
	if (engine === 'chromium') await page.emulateMediaFeatures(media.map(([feature, value]) => ({ name: feature, value })));
	await page.goto(place(site, name));
	await recording(page);
	await page.evaluate(`(async () => { ${run} })()`);
	await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** @param {import('puppeteer-core').Page} page @param {any} [options] @returns {Promise<Buffer>} */
export const ours = async (page, options) => Buffer.from(await page.evaluate(async (given) => {
	const blob = await /** @type {any} */ (window).Rearview.takeScreenshot(given);
	return new Promise((done) => {
		const reader = new FileReader();
		reader.onload = () => done(String(reader.result).split(',')[1]);
		reader.readAsDataURL(blob);
	});
}, options), 'base64');
