// A page in the browser's own picture and in ours, pixel by pixel.
import { readFileSync } from 'node:fs';
import { differing } from '../png.mjs';
import { pageWith, recording } from './harness.mjs';
import { pages } from './shot_pages.mjs';

const FONT = ['/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf', '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf'];
export const VIEW = { width: 800, height: 600 };

/** Percent of pixels off by more than a little. @param {Buffer} one @param {Buffer} two @param {number} [tolerance] */
export const difference = (one, two, tolerance = 32) => differing(one, two, (red, green, blue) => Math.max(red, green, blue) > tolerance) * 100;

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
