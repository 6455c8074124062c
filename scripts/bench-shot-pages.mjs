// Two larger pages for the benchmark of screenshots, in the form of tests/browser/shot_pages.mjs.
import { crc32, deflateSync } from 'node:zlib';

const VIEW = { width: 1280, height: 800 };
const TEXT = 'Ferries run twice a day while the wind allows it, and the last one waits for the bus from the mountains. Whoever misses it sleeps above the bakery, where bread is ready at five. ';

/** Text of so many letters, another at each place. @param {number} at @param {number} letters */
const words = (at, letters) => TEXT.repeat(1 + Math.ceil(letters / TEXT.length)).slice(at * 7 % TEXT.length).slice(0, letters);

/** A picture as a camera gives it: nothing in it repeats. @param {number} width @param {number} height @param {number} seed @returns {Buffer} PNG */
function photo(width, height, seed) {
	const rows = Buffer.alloc(height * (width * 3 + 1));
	let noise = seed;
	for (let y = 0, at = 0; y < height; y++) {
		at++;
		for (let x = 0; x < width; x++) {
			noise = Math.imul(noise, 1664525) + 1013904223 >>> 0;
			const light = 90 + 60 * Math.sin((x + seed * 40) / 90) + 50 * Math.cos(y / 70) + (noise >>> 28);
			rows[at++] = light + 20;
			rows[at++] = light * 0.8 + 30 * Math.sin((x + y) / 200);
			rows[at++] = 200 - light * 0.6;
		}
	}
	const chunk = (/** @type {string} */ name, /** @type {Buffer} */ data) => {
		const body = Buffer.concat([Buffer.from(name), data]);
		const ends = Buffer.alloc(8);
		ends.writeUInt32BE(data.length, 0);
		ends.writeUInt32BE(crc32(body), 4);
		return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
	};
	const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

/** A utility framework's worth of rules. */
const utilities = () => {
	let css = '';
	for (const [key, property] of Object.entries({ p: 'padding', m: 'margin', px: 'padding-inline', py: 'padding-block', mt: 'margin-top', gap: 'gap', rounded: 'border-radius', text: 'font-size' })) {
		for (let n = 0; n < 60; n++) css += `.${key}-${n}{${property}:${n / 4}rem}.hover\\:${key}-${n}:hover{${property}:${n / 4}rem}@media (min-width:768px){.md\\:${key}-${n}{${property}:${n / 4}rem}}@media (min-width:1400px){.xl\\:${key}-${n}{${property}:${n / 4}rem}}`;
	}
	for (let hue = 0; hue < 360; hue += 18) for (let n = 1; n < 10; n++) css += `.bg-${hue}-${n}{background-color:hsl(${hue} 60% ${100 - n * 10}%)}.fg-${hue}-${n}{color:hsl(${hue} 60% ${100 - n * 10}%)}`;
	return css;
};

const row = (/** @type {number} */ i) => `<tr class="row${i % 9 ? '' : ' late'}"><td><input type="checkbox"${i % 5 ? '' : ' checked'}></td><td><a href="#${i}">#${10_000 + i}</a></td><td><b>${words(i, 18)}</b><small>${words(i + 3, 26)}</small></td><td><span class="tag t${i % 4}">${['open', 'paid', 'sent', 'held'][i % 4]}</span></td><td class="n">${(i * 37 % 900) + 100}.00</td><td><button>Open</button></td></tr>`;

const card = (/** @type {number} */ i) => `<article class="card rounded-3"><img src="photo-${i % 6}.png" width="640" height="400" alt=""><div class="p-4"><span class="pill bg-${i * 18 % 360}-2 fg-${i * 18 % 360}-8 px-2 rounded-9">Story ${i}</span><h3 class="mt-2 text-5">${words(i, 42)}</h3><p class="mt-2">${words(i + 5, 160)}</p><footer class="mt-3"><svg width="16" height="16" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="none" stroke="currentColor"/><path d="M8 4v4l3 2" fill="none" stroke="currentColor"/></svg> <time>${i + 2} min</time> <a href="#${i}">Read on</a></footer></div></article>`;

/** @type {Record<string, import('../tests/browser/shot_pages.mjs').ShotPage & {view: {width: number, height: number}}>} */
export const large = {
	'6,000 elements': {
		view: VIEW,
		head: '<style>body{font:14px/1.4 sans-serif;margin:0;color:#234}header{position:sticky;top:0;background:#fff;border-bottom:1px solid #ccd;padding:12px 20px;z-index:1}table{border-collapse:collapse;width:100%}td{padding:6px 10px;border-bottom:1px solid #e4e8ee}.row:nth-child(even){background:#f7f9fc}.late td{color:#a22}small{display:block;color:#789}.tag{padding:2px 8px;border-radius:9px;background:#def}.t1{background:#dfd}.t2{background:#fed}.t3{background:#fdd}.n{text-align:right;font-variant-numeric:tabular-nums}</style>',
		body: `<header><b>Orders</b></header><table><tbody>${Array.from({ length: 460 }, (_, i) => row(i)).join('')}</tbody></table>`,
		run: 'scrollTo(0, 9000);',
	},
	'a front page: photographs, 3,000 rules, a web font': {
		view: VIEW,
		files: {
			'/utilities.css': { type: 'text/css', body: utilities() }, '/font.ttf': 'font',
			...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`/photo-${i}.png`, { type: 'image/png', body: photo(1280, 800, i + 1) }])),
		},
		head: '<link rel="stylesheet" href="utilities.css"><style>@font-face{font-family:Heading;src:url(font.ttf)}*{box-sizing:border-box}body{margin:0;font:15px/1.5 sans-serif;color:#222;background:#f4f5f7}h1,h2,h3{font-family:Heading,serif;line-height:1.2;margin:0}p{margin:0}nav{position:sticky;top:0;display:flex;gap:20px;align-items:center;padding:14px 32px;background:#fffd;backdrop-filter:blur(6px);box-shadow:0 1px 4px #0003;z-index:2}nav a{color:inherit;text-decoration:none}.hero{height:360px;background:linear-gradient(#0000,#000a),url(photo-0.png) center/cover;color:#fff;padding:200px 32px 0}main{display:grid;grid-template-columns:1fr 280px;gap:24px;padding:24px 32px}.cards{display:grid;grid-template-columns:repeat(3,1fr);gap:20px}.card{background:#fff;overflow:hidden;box-shadow:0 2px 8px #0002}.card img{display:block;width:100%;height:auto}aside{background:#fff;border-radius:10px;padding:16px;align-self:start;position:sticky;top:70px}aside li{margin:8px 0}.pill{font-size:12px;display:inline-block}</style>',
		body: `<nav><b>The Harbour Post</b>${['News', 'Weather', 'Sea', 'Letters', 'Shop'].map((name) => `<a href="#">${name}</a>`).join('')}<input placeholder="Search" style="margin-left:auto"></nav><div class="hero"><h1 style="font-size:44px">${words(2, 46)}</h1><p>${words(9, 120)}</p></div><main><div class="cards">${Array.from({ length: 48 }, (_, i) => card(i)).join('')}</div><aside><h2>Most read</h2><ol>${Array.from({ length: 12 }, (_, i) => `<li><a href="#${i}">${words(i * 3, 50)}</a></li>`).join('')}</ol></aside></main><footer class="p-9">${words(0, 600)}</footer>`,
		run: 'await document.fonts.ready; await Promise.all([...document.images].map((image) => image.decode())); scrollTo(0, 420);',
	},
};
