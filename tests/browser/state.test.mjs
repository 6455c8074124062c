// What a page is beyond its nodes: selection, animations, playback, fullscreen, keys, canvases, the
// page's own coming and going. Records against an oracle, in real pages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, recording, serve } from './harness.mjs';
import { STUB_WORKER, recorded } from './model.mjs';

const STUB = { workerUrl: '/stub.js' };
/** The chunk has begun when it has replaced this. */
const HEAD = '<script>window.animate0 = Element.prototype.animate;</script>';
const begun = () => Element.prototype.animate !== /** @type {any} */ (window).animate0;

/** Two seconds of silence, mono, 8 kHz. */
const WAV = (() => {
	const bytes = Buffer.alloc(44 + 16_000, 128);
	bytes.write('RIFF\0\0\0\0WAVEfmt ', 0, 'latin1');
	bytes.writeUInt32LE(36 + 16_000, 4);
	bytes.writeUInt32LE(16, 16);
	bytes.writeUInt16LE(1, 20);
	bytes.writeUInt16LE(1, 22);
	bytes.writeUInt32LE(8000, 24);
	bytes.writeUInt32LE(8000, 28);
	bytes.writeUInt16LE(1, 32);
	bytes.writeUInt16LE(8, 34);
	bytes.write('data', 36);
	bytes.writeUInt32LE(16_000, 40);
	return bytes;
})();

for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
	describe(`state in ${engine}`, { timeout: 300_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let page;
		before(async () => {
			site = await serve({ '/stub.js': { type: 'text/javascript', body: STUB_WORKER }, '/a.wav': { type: 'audio/wav', body: WAV }, '/red.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>' });
			browser = await launch(engine, engine === 'chromium' ? { args: ['--autoplay-policy=no-user-gesture-required'] } : {});
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});

		/** @param {string} body @param {{head?: string, config?: any, before?: () => any}} [given] before: runs in the page before recording begins */
		async function open(body, { head = '', config = {} } = {}) {
			site.pages['/page'] = pageWith(body, { head: HEAD + head, options: { ...STUB, config } });
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await page.bringToFront();
			await recording(page);
			await page.waitForFunction(begun);
			return page;
		}
		/** Records of one kind, once there are some that satisfy. @param {string} is @param {(found: any[]) => boolean} [enough] */
		async function until(is, enough = (found) => found.length > 0) {
			for (let i = 0; ; i++) {
				const got = await recorded(page);
				const found = got.records.filter((rec) => rec.is === is);
				if (enough(found)) return { ...got, found, last: /** @type {any} */ (found.at(-1)) };
				assert.ok(i < 100, `${is}: ${JSON.stringify(found).slice(0, 2000)}`);
				await page.evaluate(() => new Promise((next) => setTimeout(next, 100)));
			}
		}
		/** The element that a record names. @param {any} got @param {number} id */
		const idOf = (got, id) => got.nodes.get(id)?.attributes?.get('id') ?? got.nodes.get(id)?.kind;

		it('tells selections as places, in shadow roots too, and never in fields', async () => {
			await open('<p id="p">one two</p><p data-rv-block id="b">hidden</p><div id="host"></div><textarea id="t">secret text</textarea>');
			await page.evaluate(() => getSelection()?.setBaseAndExtent(/** @type {any} */ (document.querySelector('#p')).firstChild, 1, /** @type {any} */ (document.querySelector('#p')).firstChild, 5));
			let got = await until('selection');
			assert.deepEqual(got.found[0].group.map((/** @type {any} */ [a, b, c, d]) => [got.nodes.get(a).text, b, a === c, d]), [['one two', 1, true, 5]]);
			await page.evaluate(() => {
				const root = /** @type {any} */ (document.getElementById('host')).attachShadow({ mode: 'open' });
				root.innerHTML = '<b>in shadow</b>';
				const text = root.querySelector('b').firstChild;
				getSelection()?.setBaseAndExtent(text, 0, text, 2);
			});
			got = await until('selection', (found) => found.length > 1);
			assert.equal(got.nodes.get(got.found[1].group[0][0]).text, 'in shadow');
			await page.evaluate(() => /** @type {any} */ (document.getElementById('t')).select());
			await page.evaluate(() => getSelection()?.selectAllChildren(/** @type {any} */ (document.getElementById('b'))));
			got = await until('selection', (found) => found.at(-1)?.group.length === 0);
			await page.evaluate(() => getSelection()?.selectAllChildren(/** @type {any} */ (document.getElementById('p'))));
			got = await until('selection', (found) => found.at(-1)?.group.length === 1);
			assert.equal(idOf(got, got.last.group[0][0]), 'p');
		});

		it('tells what was selected, focused, playing and animated before it came', async () => {
			await open('<p id="p">one two</p><input id="i" autofocus><audio id="a" src="/a.wav" muted loop></audio><div id="d">x</div>', {
				head: `<script>addEventListener('DOMContentLoaded', () => {
					getSelection().selectAllChildren(document.getElementById('p'));
					document.getElementById('i').focus();
					getSelection().selectAllChildren(document.getElementById('p'));
					document.getElementById('a').play();
					document.getElementById('d').animate({opacity: [0, .25]}, {duration: 1, fill: 'forwards'});
				})</script>`,
			});
			const got = await until('hold');
			assert.match(got.found[0].css, /opacity: 0.25;/);
			assert.equal(idOf(got, got.found[0].node), 'd');
			assert.equal(idOf(got, (await until('selection')).found[0].group[0][0]), 'p');
			const media = (await until('media')).found;
			assert.equal(media[0].flags & 7, 7);
			assert.ok(got.records.some((rec) => rec.is === 'pointer' && rec.kind === 5 && idOf(got, rec.node) === 'i'));
		});

		it('tells scripted animations: keyframes, timing, state, and what they hold at the end', async () => {
			await open('<div id="d">x</div><div id="e">y</div><style>@keyframes k { to { opacity: 0 } } #css { animation: k 1s infinite; }</style><div id="css">z</div>');
			await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				w.one = /** @type {any} */ (document.getElementById('d')).animate([{ transform: 'none' }, { transform: 'translateX(50px)', easing: 'ease-in' }], { duration: 100_000, iterations: Infinity, fill: 'both' });
			});
			let got = await until('animation');
			const [first] = got.found;
			assert.equal(idOf(got, first.node), 'd');
			assert.equal(first.state, 1);
			assert.deepEqual(JSON.parse(first.keyframes).map((/** @type {any} */ f) => [f.transform, f.easing]), [['none', 'linear'], ['translateX(50px)', 'ease-in']]);
			assert.equal(JSON.parse(first.timing).duration, 100_000);
			assert.equal(JSON.parse(first.timing).iterations, null);
			await page.evaluate(() => {
				const { one } = /** @type {any} */ (window);
				one.pause();
				one.currentTime = 50_000;
			});
			got = await until('animation', (found) => found.at(-1)?.state === 2 && found.at(-1).time_ms === 50_000);
			assert.equal(got.last.keyframes, null);
			got = await until('hold');
			assert.match(got.last.css, /transform: matrix\(1, 0, 0, 1, 25, 0\);/);
			await page.evaluate(() => {
				const { one } = /** @type {any} */ (window);
				one.effect.updateTiming({ iterations: 1 });
				one.finish();
			});
			got = await until('hold', (found) => /translateX\(50px\)/.test(found.at(-1)?.css));
			assert.equal(got.records.filter((rec) => rec.is === 'animation').at(-1)?.state, 3);
			/* Written anew: a new id, and the end state with it. */
			await page.evaluate(async () => {
				const d = /** @type {any} */ (document.getElementById('d'));
				d.remove();
				await new Promise((next) => setTimeout(next, 300));
				document.body.append(d);
			});
			const was = got.last.node;
			got = await until('hold', (found) => found.at(-1).node !== was && /translateX/.test(found.at(-1)?.css));
			await page.evaluate(() => /** @type {any} */ (window).one.cancel());
			got = await until('hold', (found) => found.at(-1)?.css === '');
			assert.ok(got.records.every((rec) => rec.is !== 'animation' || idOf(got, rec.node) !== 'css'));
			await page.evaluate(() => /** @type {any} */ (document.getElementById('e')).animate({ color: 'red' }, 50));
			await page.evaluate(() => new Promise((next) => setTimeout(next, 300)));
			got = await until('animation');
			assert.ok(got.found.every((rec) => idOf(got, rec.node) !== 'e' || rec.state !== 2));
			assert.equal(got.records.filter((rec) => rec.is === 'hold').at(-1)?.css, '');
		});

		it('tells named keys, shortcuts, and no character of a field', async () => {
			await open('<button id="b">B</button><input id="i"><input id="pw" type="password"><div id="c" contenteditable>c</div><p tabindex="0" data-rv-mask id="m">m</p>');
			await page.focus('#b');
			await page.keyboard.press('k');
			await page.keyboard.press('F4');
			await page.focus('#i');
			await page.keyboard.type('s3');
			await page.keyboard.press('Enter');
			await page.focus('#pw');
			await page.keyboard.type('zq');
			await page.keyboard.press('Backspace');
			await page.keyboard.press('Tab');
			await page.focus('#c');
			await page.keyboard.type('y');
			await page.focus('#m');
			await page.keyboard.press('w');
			const got = await until('key', (found) => found.length >= 8);
			assert.deepEqual(got.found.map((rec) => [idOf(got, rec.node), rec.key]), [['b', 'k'], ['b', 'F4'], ['i', null], ['i', null], ['i', 'Enter'], ['pw', 'Tab'], ['c', null], ['m', null]]);
		});

		it('tells that the clipboard was used', async () => {
			await open('<p id="p">copied text</p>');
			await page.evaluate(() => {
				getSelection()?.selectAllChildren(/** @type {any} */ (document.getElementById('p')));
				document.body.addEventListener('copy', (event) => event.clipboardData?.setData('text/plain', 'other'));
			});
			await page.keyboard.down('Control');
			await page.keyboard.press('c');
			await page.keyboard.up('Control');
			const { found } = await until('clipboard');
			assert.equal(found[0].kind, 0);
		});

		it('tells dialogs, popovers and details', async () => {
			await open('<dialog id="d">dialog</dialog><div id="o" popover>out<div id="n" popover>in</div></div><details id="t"><summary>s</summary>x</details>');
			await page.evaluate(() => {
				/** @type {any} */ (document.getElementById('o')).showPopover();
				/** @type {any} */ (document.getElementById('n')).showPopover();
			});
			let got = await until('dialog', (found) => found.length >= 2);
			assert.deepEqual(got.found.map((rec) => [idOf(got, rec.node), rec.flags]), [['o', 5], ['n', 5]]);
			await page.evaluate(() => /** @type {any} */ (document.getElementById('d')).showModal());
			got = await until('dialog', (found) => found.length >= 5);
			assert.deepEqual(got.found.slice(2).map((rec) => [idOf(got, rec.node), rec.flags]).sort(), [['d', 3], ['n', 0], ['o', 0]]);
			await page.evaluate(() => {
				/** @type {any} */ (document.getElementById('d')).close();
				/** @type {any} */ (document.getElementById('d')).show();
				/** @type {any} */ (document.getElementById('t')).open = true;
			});
			got = await until('dialog', (found) => found.some((rec) => rec.flags === 1));
			assert.equal(got.shown, got.live);
		});

		it('tells playback: play, seek, rate, mute, pause, and media that come later', async () => {
			await open('<main></main>');
			await page.evaluate(async () => {
				const audio = document.createElement('audio');
				audio.muted = true;
				/* Whole at once, so that it can be sought in. */
				audio.src = URL.createObjectURL(await (await fetch('/a.wav')).blob());
				audio.loop = true;
				audio.id = 'a';
				document.querySelector('main')?.append(audio);
				/** @type {any} */ (window).audio = audio;
				await audio.play();
			});
			await until('media', (found) => found.at(-1)?.flags === 7 && found.at(-1).rate_milli === 1000);
			await page.evaluate(async () => {
				const { audio } = /** @type {any} */ (window);
				audio.playbackRate = 2;
				audio.currentTime = 1;
				audio.pause();
				await new Promise((next) => audio.addEventListener('seeked', next, { once: true }));
			});
			const got = await until('media', (found) => found.at(-1)?.flags === 6 && found.at(-1)?.rate_milli === 2000);
			assert.ok(got.last.time_ms >= 1000, JSON.stringify(got.found));
			assert.equal(idOf(got, got.found[0].node), 'a');
		});

		it('tells fullscreen', async () => {
			await open('<div id="host"></div><button id="b">go</button>');
			await page.evaluate(() => {
				const root = /** @type {any} */ (document.getElementById('host')).attachShadow({ mode: 'open' });
				root.innerHTML = '<section id="s">full</section>';
				document.getElementById('b')?.addEventListener('click', () => root.querySelector('section').requestFullscreen());
			});
			await page.click('#b');
			let got = await until('fullscreen');
			assert.equal(idOf(got, got.found[0].node), 's');
			await page.evaluate(() => document.exitFullscreen());
			got = await until('fullscreen', (found) => found.length > 1);
			assert.equal(got.found[1].node, 0);
		});

		it('tells view transitions from start to end', async () => {
			await open('<p id="p">a</p>');
			await page.evaluate(async () => {
				const p = /** @type {any} */ (document.getElementById('p'));
				await /** @type {any} */ (document).startViewTransition(() => { p.textContent = 'b'; }).finished;
			});
			const got = await until('transition', (found) => found.length > 1);
			assert.deepEqual(got.found.map((rec) => rec.kind), [0, 1]);
			assert.equal(got.shown, got.live);
		});

		it('samples canvases that are seen, once for each change, and none that is hidden or unreadable', async () => {
			await open('<canvas id="a" width="40" height="30"></canvas><canvas id="m" data-rv-mask></canvas><canvas id="x"></canvas><canvas id="far" style="position: absolute; top: 9000px"></canvas>', {
				config: { capture: { canvas: true } },
				head: `<script>addEventListener('DOMContentLoaded', async () => {
					for (const canvas of document.querySelectorAll('canvas:not(#x)')) {
						const c = canvas.getContext('2d');
						c.fillStyle = 'red';
						c.fillRect(0, 0, 300, 150);
					}
					const image = new Image();
					image.src = '${site.other}/red.svg';
					await image.decode();
					document.getElementById('x').getContext('2d').drawImage(image, 0, 0);
				})</script>`,
			});
			let got = await until('canvas');
			const [first] = got.found;
			assert.equal(idOf(got, first.node), 'a');
			assert.deepEqual([first.width, first.height], [40, 30]);
			const colour = (/** @type {string} */ image) => page.evaluate(async (src) => {
				const img = new Image();
				img.src = src;
				await img.decode();
				const c = /** @type {any} */ (document.createElement('canvas').getContext('2d'));
				c.drawImage(img, 0, 0);
				return [img.naturalWidth, img.naturalHeight, ...c.getImageData(5, 5, 1, 1).data].map((n) => Math.round(n / 32));
			}, image);
			assert.deepEqual(await colour(first.image), [1, 1, 8, 0, 0, 8]);
			await page.evaluate(() => {
				const c = /** @type {any} */ (document.getElementById('a')).getContext('2d');
				c.fillStyle = 'blue';
				c.fillRect(0, 0, 40, 30);
			});
			got = await until('canvas', (found) => found.length > 1);
			assert.deepEqual(await colour(got.found[1].image), [1, 1, 0, 0, 8, 8]);
			assert.deepEqual(got.found.map((rec) => idOf(got, rec.node)), ['a', 'a']);
		});

		it('reads WebGL buffers at the end of the task that drew', async (t) => {
			await open('<canvas id="g" width="32" height="32"></canvas>', { config: { capture: { canvas: true } } });
			const can = await page.evaluate(() => {
				const gl = /** @type {any} */ (document.getElementById('g')).getContext('webgl');
				if (!gl) return false;
				/** @type {any} */ (window).draw = () => {
					gl.clearColor(0, 1, 0, 1);
					gl.clear(gl.COLOR_BUFFER_BIT);
				};
				return true;
			});
			if (!can) return t.skip('no WebGL here');
			/* Drawn now and again, outside of any frame callback: when the canvas is known to be seen, one counts. */
			await page.evaluate(() => setInterval(/** @type {any} */ (window).draw, 300));
			const { found } = await until('canvas');
			const green = await page.evaluate(async (src) => {
				const img = new Image();
				img.src = src;
				await img.decode();
				const c = /** @type {any} */ (document.createElement('canvas').getContext('2d'));
				c.drawImage(img, 0, 0);
				return [...c.getImageData(5, 5, 1, 1).data].map((n) => Math.round(n / 32));
			}, found[0].image);
			assert.deepEqual(green, [0, 8, 0, 8]);
		});

		it('shows pictures behind blob: addresses, also revoked ones', async () => {
			await open('<img id="i">');
			await page.evaluate(async () => {
				const canvas = document.createElement('canvas');
				canvas.width = canvas.height = 8;
				/** @type {any} */ (canvas.getContext('2d')).fillRect(0, 0, 8, 8);
				const blob = /** @type {Blob} */ (await new Promise((done) => canvas.toBlob((made) => done(/** @type {Blob} */ (made)))));
				const url = URL.createObjectURL(blob);
				const image = /** @type {any} */ (document.getElementById('i'));
				image.src = url;
				await image.decode();
				URL.revokeObjectURL(url);
			});
			const got = await until('attributes', (found) => found.some((rec) => rec.group.some((/** @type {any} */ [name, value]) => name === 'src' && value?.startsWith('data:image/png;base64,'))));
			assert.equal(idOf(got, got.last.node), 'i');
		});

		it('tells the page zoomed with fingers', async (t) => {
			if (engine !== 'chromium') return t.skip('there is no way to pinch here');
			await open('<main style="height: 2000px">x</main>');
			const client = await page.createCDPSession();
			await client.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
			const { last } = await until('visual_viewport');
			assert.equal(last.scale_milli, 2000);
		});

		it('tells freezing', async (t) => {
			if (engine !== 'chromium') return t.skip('there is no such thing here');
			await open('<p>x</p>');
			const client = await page.createCDPSession();
			await client.send('Page.setWebLifecycleState', { state: 'frozen' });
			await client.send('Page.setWebLifecycleState', { state: 'active' });
			const { found } = await until('lifecycle', (all) => all.length > 1);
			assert.deepEqual(found.map((rec) => rec.kind), [0, 1]);
		});

		it('goes on after the back/forward cache', async (t) => {
			if (engine !== 'chromium') return t.skip('there is none under remote control here');
			const headers = { 'cache-control': 'no-cache' };
			site.pages['/page'] = { body: pageWith('<p id="p">x</p>', { head: HEAD, options: { projectKey: 'state-cache' } }), headers };
			site.pages['/other'] = { body: '<p>other</p>', headers };
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
			await page.waitForFunction(begun);
			await page.evaluate(() => { location.href = '/other'; });
			await page.waitForFunction(() => location.pathname === '/other');
			await page.evaluate(() => history.back());
			await page.waitForFunction(() => location.pathname === '/page' && document.readyState === 'complete');
			assert.equal(await page.evaluate(begun), true);
			const events = await page.evaluate(async () => {
				/** @type {any} */ (document.getElementById('p')).textContent = 'after';
				return /** @type {any} */ (window).Rearview.exportReplay();
			});
			assert.equal(events.filter((/** @type {any} */ event) => event.type === 2).length, 1);
			assert.ok(events.filter((/** @type {any} */ event) => event.data.tag === 'rv:lifecycle').length >= 2);
			assert.match(JSON.stringify(events.findLast((/** @type {any} */ event) => event.data.source === 0)), /after/);
		});

		it('stops and gives back at once, and starts anew', async () => {
			await open('<p id="p">one two</p><div id="d">x</div>', { config: { capture: { canvas: true } } });
			await page.evaluate(() => /** @type {any} */ (window).Rearview.pause());
			assert.equal(await page.evaluate(begun), false);
			await page.evaluate(() => {
				getSelection()?.selectAllChildren(/** @type {any} */ (document.getElementById('p')));
				/** @type {any} */ (document.getElementById('d')).animate({ opacity: [0, 0.5] }, { duration: 1, fill: 'both' });
				/** @type {any} */ (window).Rearview.resume();
			});
			await page.waitForFunction(begun);
			let got = await until('hold');
			assert.equal(got.records.filter((rec) => rec.is === 'epoch').length, 2);
			got = await until('selection');
			assert.equal(idOf(got, got.found[0].group[0][0]), 'p');
			const left = await page.evaluate(() => {
				/** @type {any} */ (window).Rearview.destroy();
				const proxied = [Element.prototype.animate, Animation.prototype.play, KeyframeEffect.prototype.setKeyframes, URL.createObjectURL, WebGLRenderingContext.prototype.drawArrays, /** @type {any} */ (Document.prototype).startViewTransition];
				const frame = document.createElement('iframe');
				document.body.append(frame);
				const w = /** @type {any} */ (frame.contentWindow);
				/* A restored function is the browser's own: it works on what a bound one of another realm would refuse alike. */
				return proxied.map((f) => Function.prototype.toString.call(f) === w.Function.prototype.toString.call(f)).every(Boolean) && Element.prototype.animate === /** @type {any} */ (window).animate0;
			});
			assert.equal(left, true);
		});

		it('records on without the chunk and says so', async () => {
			site.pages['/rearview/rearview.extras.js'] = { status: 404, body: '' };
			try {
				site.pages['/page'] = pageWith('<p id="p">x</p>', { options: STUB });
				await page?.close();
				page = await browser.newPage();
				await page.goto(`${site.base}/page`);
				await recording(page);
				const { found } = await until('note');
				assert.equal(found[0].kind, 'extras');
				await page.evaluate(() => { /** @type {any} */ (document.getElementById('p')).textContent = 'y'; });
				const got = await recorded(page);
				assert.equal(got.shown, got.live);
			} finally {
				delete site.pages['/rearview/rearview.extras.js'];
			}
		});
	});
}
