// Native recordings for the console's tests: an ordinary one of two pages, and one forged by somebody
// who wants to get out of the replay.
import { crc32OfBytes, deflateRaw } from '../collector/bytes.mjs';

/** Numbers of src/wire/record.def. */
const EPOCH = 2, SNAPSHOT_DONE = 3, DOCUMENT = 10, DOCTYPE = 11, ELEMENT = 12, TEXT = 13, REMOVE = 15, ATTRIBUTES = 17, INPUT = 30, POINTER = 40, POINTER_MOVE = 41, NAVIGATE = 43, CONSOLE = 60, ERROR = 61;

const varint = (/** @type {number} */ value) => {
	const out = [];
	for (value >>>= 0; value > 127; value >>>= 7) out.push(value & 127 | 128);
	out.push(value);
	return Buffer.from(out);
};

/** @typedef {{u: (n: number) => Buffer, i: (n: number) => Buffer, f: (n: number) => Buffer, s: (text: string|null) => Buffer}} Values */

/**
 * One page as one segment.
 * @param {number} epoch @param {number} wall
 * @param {(values: Values, record: (type: number, at: number, values: Buffer[]) => void) => void} write
 */
function segment(epoch, wall, write) {
	/** @type {string[]} */
	const strings = [];
	/** @type {Buffer[]} */
	const records = [];
	let last = 0;
	write({
		u: varint,
		i: (n) => varint(n << 1 ^ n >> 31),
		f: (n) => { const out = Buffer.alloc(8); out.writeDoubleLE(n); return out; },
		s: (text) => { if (text === null) return varint(0); let at = strings.indexOf(text); if (at < 0) at = strings.push(text) - 1; return varint(at + 1); },
	}, (type, at, values) => {
		const body = Buffer.concat(values);
		records.push(Buffer.concat([Buffer.from([type]), varint(at - last), varint(body.length), body]));
		last = at;
	});
	const raw = Buffer.concat([varint(strings.length), ...strings.flatMap((text) => [varint(Buffer.byteLength(text)), Buffer.from(text)]), ...records]);
	const stored = deflateRaw(raw);
	const head = Buffer.alloc(52);
	head.write('RVS1');
	head[4] = 1;
	head[5] = 1;
	head.writeDoubleLE(wall, 8);
	head.writeUInt32LE(epoch, 16);
	head.writeUInt32LE(epoch, 20);
	head.writeUInt32LE(last, 32);
	head.writeUInt32LE(records.length, 36);
	head.writeUInt32LE(raw.length, 40);
	head.writeUInt32LE(stored.length, 44);
	head.writeUInt32LE(crc32OfBytes(stored), 48);
	return Buffer.concat([head, stored]);
}

const stream = (/** @type {Buffer[]} */ ...segments) => Buffer.concat([Buffer.from('RVR1'), Buffer.from([1, 0, 0, 0]), ...segments]);

/**
 * Writes elements from a small notation: [tag, attributes, ...children], children being elements or text.
 * @param {Values} values @param {(type: number, at: number, values: Buffer[]) => void} record
 */
function writer({ u, s }, record) {
	let id = 1;
	/** @type {Record<string, number>} */
	const named = {};
	/** @param {any} node @param {number} parent @param {number} at */
	const add = (node, parent, at) => {
		const me = ++id;
		if (typeof node === 'string') { record(TEXT, at, [u(me), u(parent), u(0), u(3), s(node)]); return me; }
		const [tag, attributes, ...children] = node;
		record(ELEMENT, at, [u(me), u(parent), u(0), u(0), s(tag), ...Object.entries(attributes).flatMap(([name, value]) => [s(name), s(String(value))])]);
		if (attributes.id) named[attributes.id] = me;
		for (const child of children) add(child, me, at);
		return me;
	};
	return {
		named, add,
		/** @param {string} url @param {any} html */
		page(url, html) {
			record(DOCUMENT, 0, [u(1), u(0), u(0), s(url)]);
			record(DOCTYPE, 0, [u(++id), u(1), u(0), s('html'), s(''), s('')]);
			add(html, 1, 0);
			record(SNAPSHOT_DONE, 1, []);
		},
	};
}

const STYLE = 'body { font: 16px sans-serif; margin: 24px; background: #f4f1ea; color: #223 } button { padding: 8px 16px } .row { padding: 4px 0 }';

/**
 * 30 s: a list page (1000 × 600), a click that adds rows, an idle quarter of a minute, an error; then a
 * narrower second page (500 × 700) with a form.
 * @param {number} end when it was reported
 */
export function recording(end) {
	const start = end - 30_000;
	return stream(
		segment(1, start, (v, record) => {
			const { u, i, f, s } = v, page = writer(v, record);
			record(EPOCH, 0, [f(start), u(1000), u(600), u(1000), s('https://shop.example/list'), s(''), u(1)]);
			page.page('https://shop.example/list', ['html', {}, ['head', {}, ['style', {}, STYLE]], ['body', {}, ['h1', { id: 'title' }, 'Shopping list'], ['button', { id: 'more' }, 'Add a row'], ['div', { id: 'rows' }, ['p', { class: 'row' }, 'Bread']]]]);
			record(POINTER_MOVE, 800, [u(page.named.more), i(60), i(90), u(0)]);
			record(POINTER, 1000, [u(2), u(page.named.more), i(60), i(90), u(0)]);
			page.add(['p', { class: 'row', id: 'butter' }, 'Butter'], page.named.rows, 1100);
			record(CONSOLE, 1200, [u(2), u(1), s(null), s('rows: 2')]);
			record(POINTER, 3000, [u(2), u(page.named.more), i(60), i(90), u(0)]);
			page.add(['p', { class: 'row' }, 'Milk'], page.named.rows, 3100);
			record(REMOVE, 3200, [u(page.named.butter)]);
			record(POINTER_MOVE, 19_000, [u(page.named.rows), i(200), i(200), u(0)]);
			record(ERROR, 20_000, [u(0), s('TypeError: cart is undefined'), s('https://shop.example/app.js'), u(10), u(5), s('TypeError: cart is undefined\n    at pay (https://shop.example/app.js:10:5)')]);
			record(NAVIGATE, 21_000, [u(0), s('https://shop.example/list#basket')]);
		}),
		segment(2, start + 24_000, (v, record) => {
			const { u, i, f, s } = v, page = writer(v, record);
			record(EPOCH, 0, [f(start + 24_000), u(500), u(700), u(1000), s('https://shop.example/pay'), s('https://shop.example/list'), u(1)]);
			page.page('https://shop.example/pay', ['html', {}, ['head', {}, ['style', {}, STYLE]], ['body', {}, ['h1', { id: 'pay' }, 'Payment'], ['label', {}, 'Name', ['input', { id: 'name', value: '' }]]]]);
			record(POINTER, 1000, [u(2), u(page.named.name), i(100), i(90), u(0)]);
			record(INPUT, 2000, [u(page.named.name), u(8 | 32), u(0), s('Ada')]);
			record(ATTRIBUTES, 5000, [u(page.named.pay), s('class'), s('late')]);
			record(POINTER_MOVE, 6000, [u(page.named.pay), i(100), i(40), u(0)]);
		}),
	);
}

/**
 * A recording nobody's recorder made: scripts in every place that could run one, and every kind of
 * address a browser asks for by itself. `evil` must never be asked, `window.stolen` never be set.
 * @param {number} end @param {string} evil origin
 */
export function forged(end, evil) {
	const start = end - 10_000, run = "top.stolen=parent.stolen=window.stolen=1;fetch('/api/console/me')";
	return stream(segment(1, start, (v, record) => {
		const { u, i, f, s } = v, page = writer(v, record);
		record(EPOCH, 0, [f(start), u(800), u(600), u(1000), s('javascript:top.stolen=1'), s(''), u(1)]);
		page.page(`${evil}/`, ['html', { onload: run },
			['head', {}, ['base', { href: `${evil}/base/` }], ['meta', { 'http-equiv': 'refresh', content: `0;url=${evil}/refresh` }], ['meta', { 'http-equiv': 'Content-Security-Policy', content: "script-src * 'unsafe-inline'" }],
				['link', { rel: 'stylesheet', href: `${evil}/sheet.css` }], ['link', { rel: 'preconnect', href: evil }], ['link', { rel: 'prefetch', href: `${evil}/prefetch` }], ['link', { rel: 'stylesheet preload', as: 'image', href: `${evil}/preload` }], ['link', { rel: 'dns-prefetch', href: '//stolen.example' }],
				['style', {}, `@import url(${evil}/import.css); @font-face { font-family: x; src: url(${evil}/font) } body { background: url(${evil}/background); font-family: x }`], ['script', {}, run], ['script', { src: `${evil}/script.js` }]],
			['body', { onload: run, style: `border-image: url(${evil}/border)` }, 'Forged',
				['img', { id: 'img', src: 'x', onerror: run }], ['img', { src: `${evil}/img` }], ['img', { srcset: `${evil}/srcset 1x` }], ['svg', { onload: run }], ['video', { src: `${evil}/video`, autoplay: '', poster: `${evil}/poster` }], ['audio', { src: `${evil}/audio`, autoplay: '' }],
				['iframe', { id: 'frame', src: `${evil}/frame` }], ['iframe', { srcdoc: `<script>${run}</scr` + 'ipt>' }], ['iframe', { src: `javascript:${run}` }], ['object', { data: `${evil}/object` }], ['embed', { src: `${evil}/embed` }],
				['a', { id: 'link', href: `javascript:${run}`, ping: `${evil}/ping`, target: '_top' }, 'link'], ['form', { action: `${evil}/form` }, ['input', { id: 'focus', autofocus: '', onfocus: run }]], ['details', { open: '', ontoggle: run }], ['input', { type: 'image', src: `${evil}/input` }]]]);
		record(POINTER, 500, [u(2), u(page.named.link), i(5), i(5), u(0)]);
		record(POINTER, 600, [u(5), u(page.named.focus), i(5), i(5), u(0)]);
		record(ATTRIBUTES, 1000, [u(page.named.img), s('src'), s(`${evil}/late`), s('onerror'), s(run)]);
		record(ATTRIBUTES, 1100, [u(page.named.frame), s('src'), s(`javascript:${run}`), s('srcdoc'), s(`<script>${run}</scr` + 'ipt>')]);
		page.add(['script', {}, run], page.named.link, 1200);
		page.add(['img', { src: 'x', onerror: run }], page.named.link, 1300);
		record(POINTER_MOVE, 9000, [u(page.named.link), i(5), i(5), u(0)]);
	}));
}
