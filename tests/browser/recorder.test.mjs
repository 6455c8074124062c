// The recorder against an oracle: whatever the page does, the folded records are the live document, and
// no record names what the stream does not know. Real pages, a worker that keeps the batches.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch, pageWith, observing, recording, serve } from './harness.mjs';
import { STUB_WORKER, recorded } from './model.mjs';

const engines = /** @type {const} */ (['chromium', 'firefox']);
const STUB = { workerUrl: '/stub.js' };

for (const engine of engines) {
	describe(`recorder in ${engine}`, { timeout: 180_000 }, () => {
		/** @type {import('puppeteer-core').Browser} */ let browser;
		/** @type {Awaited<ReturnType<typeof serve>>} */ let site;
		/** @type {import('puppeteer-core').Page} */ let page;
		before(async () => {
			site = await serve({ '/stub.js': { type: 'text/javascript', body: STUB_WORKER } });
			browser = await launch(engine);
		});
		after(async () => {
			await browser?.close();
			await site?.close();
		});

		async function open(/** @type {string} */ body, /** @type {Parameters<typeof pageWith>[1]} */ given = {}) {
			site.pages['/page'] = pageWith(body, { ...given, options: { ...STUB, ...given.options } });
			await page?.close();
			page = await browser.newPage();
			await page.goto(`${site.base}/page`);
			await recording(page);
			return page;
		}
		async function same() {
			const got = await recorded(page);
			assert.equal(got.shown, got.live);
			return got;
		}

		it('writes the first document whole', async () => {
			await open('<!-- c --><h1 id="a" class="x y" onclick="no()">Hi</h1><svg viewBox="0 0 1 1"><a xlink:href="#a"/></svg><form><input name="firstChild"><input name="attributes"><b>in</b></form><textarea>x</textarea><select><option value="1">one<option selected>two</select><template><i>t</i></template><pre>\n \u00a0\ud83d\ude00</pre>');
			const { records, counts } = await same();
			assert.equal(records[0].is, 'epoch');
			assert.equal(counts.snapshot_done, 1);
			assert.ok(Math.abs(records[0].wall_ms - Date.now()) < 60_000);
		});

		it('keeps lone surrogates and very long texts', async () => {
			await open('<p id="p"></p>');
			await page.evaluate(() => {
				const p = /** @type {any} */ (document.getElementById('p'));
				p.textContent = 'a\ud800b';
				p.title = '\udc00';
				p.dataset.long = 'x'.repeat(70_000);
			});
			await same();
		});

		/* A clock that runs ahead at every look cuts each slice short after a few steps. */
		const hasty = '<script>{ const now = performance.now.bind(performance); let ahead = 0; performance.now = () => now() + (ahead += 0.8); }</script>';
		for (const head of ['', hasty]) it(`follows thousands of random changes${head && ' in slices of a few steps'}`, async () => {
			await open(`<main id="root">${head && '<div><p>a<b>b</b></p></div>'.repeat(300)}</main>`, { head });
			for (let seed = 1; seed <= 12; seed++) {
				await page.evaluate(async (start) => {
					let state = start * 7919;
					const random = (/** @type {number} */ max) => (state = (state * 48271) % 2147483647) % max;
					const main = /** @type {HTMLElement} */ (document.querySelector('main'));
					/** @type {Node[]} */
					const detached = [];
					const all = () => [main, ...main.querySelectorAll('*')];
					const pick = () => all()[random(all().length)];
					const make = (depth = 0) => {
						const node = document.createElement(['div', 'p', 'ul', 'li', 'span'][random(5)]);
						node.setAttribute('n', String(random(1000)));
						for (let i = random(3); i > 0; i--) node.append(random(2) ? `t${random(99)}` : depth < 3 ? make(depth + 1) : document.createComment('c'));
						return node;
					};
					const steps = [
						() => pick().append(make()),
						() => pick().prepend(make(), 'text'),
						() => { const n = pick(); if (n !== main) n.remove(); },
						() => { const n = pick(); if (n !== main) { n.remove(); detached.push(n); } },
						() => { const n = detached.splice(random(detached.length || 1), 1)[0]; if (n) pick().append(n); },
						() => { const n = pick(), to = pick(); if (n !== main && !n.contains(to)) to.insertBefore(n, to.childNodes[random(to.childNodes.length + 1)] ?? null); },
						() => { const n = pick(); const kids = [...n.childNodes]; kids.sort(() => random(3) - 1); n.append(...kids); },
						() => pick().setAttribute(['a', 'class', 'id', 'data-x'][random(4)], String(random(50))),
						() => pick().removeAttribute(['a', 'class', 'id'][random(3)]),
						() => { const n = pick(); for (const c of n.childNodes) if (c.nodeType === 3) /** @type {Text} */ (c).data += random(9); },
						() => { const n = pick(); if (n !== main && n.parentNode) n.parentNode.replaceChild(make(), n); },
						() => { const n = detached[random(detached.length || 1)]; if (n) /** @type {Element} */ (n).append(make()); },
						() => { const n = pick(); if (n !== main && random(4) === 0) { const wrap = document.createElement('div'); n.replaceWith(wrap); wrap.append(n); } },
						() => { const n = pick(); const parent = n.parentElement; if (n !== main && parent && parent !== main && !n.contains(main)) { parent.replaceWith(n); n.append(parent); } },
						() => { if (random(30) === 0) main.innerHTML = '<p>new <b>start</b></p>'; },
					];
					for (let i = 0; i < 500; i++) {
						steps[random(steps.length)]();
						if (i % 97 === 0) await new Promise((done) => setTimeout(done, 0));
						if (i % 191 === 0) await new Promise((done) => requestIdleCallback(done));
					}
				}, seed);
				await same();
			}
		});

		it('follows a chain turned inside out', async () => {
			await open('<main><a><b><i><u><s>x</s></u></i></b></a></main>');
			await page.evaluate(() => {
				const main = /** @type {any} */ (document.querySelector('main'));
				const all = [...main.querySelectorAll('*')];
				for (const node of all) node.remove();
				let at = main;
				for (const node of all.reverse()) { at.append(node); at = node; }
			});
			await same();
			await page.evaluate(() => {
				const main = /** @type {any} */ (document.querySelector('main'));
				for (let i = 0; i < 9; i++) {
					const all = [...main.querySelectorAll('*')];
					const [outer, inner] = [all[i % 4], all[i % 4 + 1]];
					outer.replaceWith(inner);
					inner.append(outer);
				}
			});
			await same();
		});

		it('walks a large page in slices while it changes', async () => {
			await open('<div id="root" hidden></div>', { head: '<script>addEventListener("DOMContentLoaded", () => { root.innerHTML = "<section><ul>" + "<li class=r><b>b</b> text <i>i</i></li>".repeat(8000) + "</ul></section>"; let n = 0; const t = setInterval(() => { const ul = root.querySelector("ul"); if (++n > 60) { window.finished = true; return clearInterval(t); } ul.prepend(ul.lastChild); ul.children[n * 50].remove(); ul.append(ul.children[n * 20]); ul.children[n * 100].before(document.createElement("hr")); ul.children[n].append("x" + n); ul.children[7000].append("y"); if (n % 20 === 0) root.append(root.firstChild); }, 3); });</script>' });
			await page.waitForFunction('window.finished');
			const { counts } = await same();
			assert.equal(counts.epoch, 1);
			assert.equal(counts.snapshot_done, 1);
		});

		it('goes on when buffers come back late', async () => {
			await open('<div id="root"></div>', { options: { config: { stub: { slow: 60 } } } });
			await page.evaluate(async () => {
				const root = /** @type {any} */ (document.getElementById('root'));
				for (let i = 0; i < 12; i++) {
					root.innerHTML += `<ul>${'<li title="some title">item</li>'.repeat(1500)}</ul>`;
					if (i > 3) root.firstChild.remove();
					console.log('round', i);
					await new Promise((done) => setTimeout(done, 10));
				}
			});
			const { counts } = await same();
			assert.equal(counts.console, 12);
		});

		it('costs nothing for what comes and goes, and moves what is sorted', async () => {
			await open(`<table><tbody id="body">${Array.from({ length: 300 }, (_, i) => `<tr><td>${(i * 7919) % 300}</td><td>x</td></tr>`).join('')}</tbody></table>`);
			const before = (await same()).records.length;
			await page.evaluate(() => {
				const body = /** @type {any} */ (document.getElementById('body'));
				for (let i = 0; i < 100; i++) { const tr = document.createElement('tr'); body.append(tr); tr.remove(); }
				body.append(...[...body.children].sort((a, b) => a.textContent - b.textContent));
			});
			const { records } = await same();
			const added = records.slice(before).filter((r) => !['check', 'performance', 'error', 'network'].includes(r.is));
			assert.ok(added.every((r) => r.is === 'move'), JSON.stringify(added.filter((r) => r.is !== 'move')));
			assert.ok(added.length <= 300);
		});

		it('records shadow roots, also late ones, and what is adopted', async () => {
			await open('<x-a id="a"><i slot="s">slotted</i></x-a><div id="late"></div>', { head: '<script>customElements.define("x-a", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<b>in</b><slot name=s></slot>"; } }); const sheet = new CSSStyleSheet(); sheet.replaceSync("b{color:red}");</script>' });
			await same();
			const counted = await page.evaluate(() => {
				const late = /** @type {any} */ (document.getElementById('late')).attachShadow({ mode: 'open' });
				late.innerHTML = '<p>late</p>';
				// @ts-ignore the page's
				document.getElementById('a').shadowRoot.adoptedStyleSheets = [sheet];
				// @ts-ignore the page's
				sheet.insertRule('i{color:blue}');
				return /** @type {any} */ (document.getElementById('a')).shadowRoot.adoptedStyleSheets.length;
			});
			assert.equal(counted, 1);
			await page.evaluate(() => { /** @type {any} */ (document.getElementById('late')).shadowRoot.firstChild.append('more'); });
			const { sheets } = await same();
			assert.deepEqual([...sheets.values()].map((s) => s.rules.map((r) => r.replace(/[\s;]/g, ''))), [['i{color:blue}', 'b{color:red}']]);
			await page.evaluate(() => {
				const a = /** @type {any} */ (document.getElementById('a'));
				a.remove();
				document.body.append(a);
			});
			await same();
		});

		it('records frames of the same origin through navigation and removal', async () => {
			site.pages['/frame1'] = '<!doctype html><title>1</title><p>one</p>';
			site.pages['/frame2'] = '<!doctype html><title>2</title><p>two</p><iframe srcdoc="<em>deep</em>"></iframe>';
			await open('<iframe id="f" src="/frame1"></iframe><div id="x"></div>');
			const loaded = () => page.waitForFunction(() => /** @type {any} */ (document.getElementById('f')).contentDocument?.readyState === 'complete');
			await loaded();
			await same();
			await page.evaluate(() => new Promise((done) => {
				const f = /** @type {any} */ (document.getElementById('f'));
				f.onload = () => done(undefined);
				f.src = '/frame2';
			}));
			await page.waitForFunction(() => /** @type {any} */ (document.getElementById('f')).contentDocument.querySelector('iframe')?.contentDocument?.querySelector('em'));
			await page.evaluate(() => { /** @type {any} */ (document.getElementById('f')).contentDocument.querySelector('p').append(' changed'); });
			const { shown } = await same();
			assert.match(shown, /changed/);
			assert.match(shown, /deep/);
			await page.evaluate(() => { const f = /** @type {any} */ (document.getElementById('f')); document.getElementById('x')?.append(f); });
			await loaded();
			await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
			await same();
			await page.evaluate(() => document.getElementById('f')?.remove());
			await same();
		});

		it('survives document.open, replaced roots and documents without a body', async () => {
			await open('<p>x</p>');
			await page.evaluate(() => {
				const html = document.createElement('html');
				html.innerHTML = '<head></head><body><p>another root</p></body>';
				document.replaceChild(html, document.documentElement);
			});
			await same();
			await page.evaluate(() => { document.body.remove(); document.documentElement.append(document.createElement('body')); document.body.append('again'); });
			await same();
		});

		it('tells the rules of sheets that scripts change', async () => {
			site.pages['/a.css'] = { type: 'text/css', body: '@import "/b.css";\n.a{color:red}\n@media print{.m{color:red}}' };
			site.pages['/b.css'] = { type: 'text/css', body: '.b{background:url(img/x.png)}' };
			await open('<p>x</p>', { head: '<link rel="stylesheet" href="/a.css"><style id="s"></style><style id="t">p{margin:0}</style>' });
			await page.evaluate(() => {
				const s = /** @type {any} */ (document.getElementById('s')).sheet;
				for (let i = 0; i < 50; i++) s.insertRule(`.c${i}{top:${i}px}`, s.cssRules.length);
				s.deleteRule(3);
				s.insertRule('@media screen{.q{left:1px}}', 0);
			});
			await same();
			await page.evaluate(() => {
				const s = /** @type {any} */ (document.getElementById('s')).sheet;
				s.cssRules[0].insertRule('.nested{right:2px}', 0);
				s.insertRule('.last{top:3px}', s.cssRules.length);
			});
			const { sheets, shown } = await same();
			const live = await page.evaluate(() => Array.from(/** @type {any} */ (document.getElementById('s')).sheet.cssRules, (r) => r.cssText.replace(/\s/g, '')));
			const rules = [...sheets.values()].map((s) => s.rules.map((r) => r.replace(/\s/g, '').replace(/;?\}/g, ';}').replace(/\};\}/g, '}}')));
			const wanted = live.map((r) => r.replace(/\s/g, '').replace(/;?\}/g, ';}').replace(/\};\}/g, '}}'));
			assert.ok(rules.some((r) => JSON.stringify(r) === JSON.stringify(wanted)), JSON.stringify([rules, wanted]));
			assert.ok(rules.some((r) => r[0]?.includes(`url("${site.base}/img/x.png")`) && r[1] === '.a{color:red;}'), JSON.stringify(rules));
			assert.match(shown, /p\{margin:0\}/);
			const before = sheets.size;
			await page.evaluate(() => { /** @type {any} */ (document.getElementById('s')).textContent = '.fresh{}'; });
			assert.equal((await same()).sheets.size, before - 1);
		});

		it('never reads what must not be read, and masks what people type', async () => {
			await open('<input id="plain" value="default-secret"><input id="pw" type="password"><input id="cc" autocomplete="section-x cc-number"><input id="otp" autocomplete="one-time-code"><textarea id="area">area-secret</textarea><input id="box" type="checkbox" value="box-secret"><select id="sel"><option value="opt-secret">A</option><option>B</option></select><div data-rv-allow><input id="open" value="may be seen"><input id="pw2" type="password"></div><div data-rv-block id="blocked" title="title-secret"><p>block-secret</p></div><div data-rv-mask id="m">masked</div><input type="submit" value="Send it">');
			for (const id of ['plain', 'pw', 'cc', 'otp', 'area', 'pw2']) await page.type(`#${id}`, `typed-secret-${id}`);
			await page.evaluate(() => {
				/** @type {any} */ (document.getElementById('pw')).type = 'text';
				/** @type {any} */ (document.getElementById('box')).checked = true;
				/** @type {any} */ (document.getElementById('sel')).selectedIndex = 1;
				/** @type {any} */ (document.getElementById('open')).value = 'set by a script';
				/** @type {any} */ (document.getElementById('plain')).setAttribute('value', 'another-secret');
				/** @type {any} */ (document.getElementById('blocked')).append('block-secret');
			});
			await page.type('#pw', 'more-secret');
			await page.evaluate(() => new Promise((done) => setTimeout(done, 1500)));
			const { records, nodes } = await same();
			const text = JSON.stringify(records);
			assert.doesNotMatch(text, /secret/);
			assert.match(text, /set by a script/);
			assert.match(text, /Send it/);
			const of = (/** @type {string} */ id) => [...nodes.values()].find((n) => n.attributes?.get('id') === id);
			assert.equal(of('plain').input.len, 'default-secrettyped-secret-plain'.length);
			for (const id of ['pw', 'cc', 'otp', 'pw2']) assert.ok(!of(id).input || (of(id).input.len === 0 && of(id).input.value === null), id);
			assert.equal(of('box').input.flags & 1, 1);
			assert.equal(of('sel').children[1].input.flags & 4, 4);
			assert.equal(of('sel').children[0].input.flags & 4, 0);
			assert.equal(of('m').flags & 4, 4);
			assert.equal(of('blocked').flags & 8, 8);
			assert.ok(of('blocked').size.height > 0);
		});

		it('evaluates privacy again when classes change', async () => {
			await open('<div id="outer"><p id="p" class="a">text <b id="b">inner</b></p></div>', { options: { config: { privacy: { mask_selectors: ['.secret', '.deep b', ':::bad'], block_selectors: ['.gone'] } } } });
			const flags = async (/** @type {string} */ id) => [...(await same()).nodes.values()].find((n) => n.attributes?.get('id') === id)?.flags;
			assert.equal(await flags('b'), 0);
			await page.evaluate(() => document.getElementById('p')?.classList.add('secret'));
			assert.equal(await flags('b'), 4);
			await page.evaluate(() => document.getElementById('p')?.classList.remove('secret'));
			assert.equal(await flags('b'), 0);
			await page.evaluate(() => document.getElementById('outer')?.classList.add('deep'));
			assert.equal(await flags('b'), 4);
			await page.evaluate(() => document.getElementById('p')?.setAttribute('data-rv-block', ''));
			assert.equal(await flags('b'), undefined);
			await page.evaluate(() => document.getElementById('p')?.removeAttribute('data-rv-block'));
			assert.equal(await flags('b'), 4);
		});

		it('tells clicks on what appeared just now, scrolls, moves and navigation', async () => {
			await open('<div style="height:3000px"><button id="open">open</button><div id="box" style="height:50px;overflow:auto"><p style="height:500px">x</p></div></div>');
			await observing(page);
			await page.evaluate(() => {
				document.getElementById('open')?.addEventListener('click', () => {
					const menu = document.createElement('button');
					menu.id = 'menu';
					menu.textContent = 'vanishes';
					menu.onclick = () => menu.remove();
					document.getElementById('open')?.after(menu);
				});
			});
			await page.click('#open');
			await page.evaluate(async () => {
				/** @type {any} */ (document.getElementById('box')).scrollTop = 40;
				scrollTo(0, 100);
				history.pushState(null, '', '#one');
				history.replaceState(null, '', '#two');
				location.hash = 'three';
				await new Promise((done) => setTimeout(done, 400));
			});
			await page.click('#menu');
			const { records } = await same();
			const clicks = records.filter((r) => r.is === 'pointer' && r.kind === 2);
			assert.equal(clicks.length, 2);
			const menu = records.find((r) => r.is === 'element' && r.group.some((/** @type {any} */ g) => g[1] === 'menu'));
			assert.equal(clicks[1].node, menu?.id);
			assert.ok(records.some((r) => r.is === 'scroll' && r.y === 40));
			assert.ok(records.some((r) => r.is === 'scroll' && r.y === 100));
			assert.deepEqual(records.filter((r) => r.is === 'navigate').map((r) => new URL(r.url).hash), ['#one', '#two', '#three']);
		});

		it('keeps console, errors and requests, without running the page\'s getters', async () => {
			site.pages['/data'] = { type: 'application/json', body: '{"ok":true}' };
			await page.goto(site.base + '/nowhere');
			const bare = await page.evaluate(() => {
				let touched = 0;
				console.log({ get danger() { touched++; return 1; } });
				return touched;
			});
			await open('<img src="/nothing.png">', { head: '<script>window.boom = () => setTimeout(() => { throw new RangeError("thrown"); }); window.reject = () => { Promise.reject(new Error("rejected")); };</script>' });
			const ran = await page.evaluate(async () => {
				let touched = 0;
				const trap = { get danger() { touched++; return 1; }, nested: { list: [1, 'two', { deep: { deeper: {} } }] } };
				/** @type {any} */ (trap).self = trap;
				console.log('%s has %d items%c', 'cart', 3.7, 'color:red', trap);
				console.error(new TypeError('bad thing'), document.body, [undefined, null, NaN], new Map([['k', 1]]), Symbol('s'), 10n, () => {});
				console.assert(true, 'no');
				console.assert(false, 'yes');
				for (let i = 0; i < 5; i++) console.warn('again');
				await fetch('/data', { method: 'post', body: 'abc' }).then((r) => r.json());
				await fetch('/missing').catch(() => {});
				await fetch('http://127.0.0.1:1/').catch(() => {});
				await new Promise((done) => { const x = new XMLHttpRequest(); x.open('GET', '/data'); x.onloadend = done; x.send(); });
				/** @type {any} */ (window).boom();
				/** @type {any} */ (window).reject();
				await new Promise((done) => setTimeout(done, 300));
				return touched;
			});
			assert.equal(ran, bare); // some debugging protocols look at what is logged
			const { records } = await same();
			const lines = records.filter((r) => r.is === 'console');
			assert.equal(lines[0].group[0][0], 'cart has 3 items');
			assert.match(lines[0].group[1][0], /danger: \[getter\].*list: \[1, "two", Object \{…\}\].*self: \[circular\]/);
			assert.match(lines[1].group[0][0], /bad thing/);
			assert.deepEqual(lines[1].group.slice(1).map((/** @type {any} */ g) => g[0]), ['<body>', '[undefined, null, NaN]', 'Map {"k" => 1}', 'Symbol(s)', '10n', 'ƒ ()']);
			assert.equal(lines[2].group[0][0], 'yes');
			assert.deepEqual([lines[3].group[0][0], lines[3].count], ['again', 5]);
			/* What is told again replaces; the page's own and the picture's are of kind resource. */
			const requests = [...new Map(records.filter((r) => r.is === 'network' && r.kind < 5).map((r) => [r.request, r])).values()].sort((a, b) => a.start_ms - b.start_ms);
			assert.deepEqual(requests.map((r) => [r.kind, r.method, r.status]), [[0, 'POST', 200], [0, 'GET', 404], [0, 'GET', 0], [1, 'GET', 200]]);
			assert.equal(requests[0].request_bytes, 3);
			assert.match(requests[2].error, /TypeError/);
			const errors = records.filter((r) => r.is === 'error');
			assert.ok(errors.some((r) => r.kind === 0 && /thrown/.test(r.message) && r.stack));
			assert.ok(errors.some((r) => r.kind === 1 && /rejected/.test(r.message)));
			assert.ok(errors.some((r) => r.kind === 2 && /nothing\.png/.test(r.source)));
		});

		it('begins anew after a refused batch and a silent worker', async () => {
			await open('<p id="p">x</p>');
			await same();
			await page.evaluate(async () => {
				/** @type {any} */ (window).Rearview.identify({ id: 'please-reject' });
				document.getElementById('p')?.append('y');
				await new Promise((done) => setTimeout(done, 600));
				document.getElementById('p')?.append('z');
			});
			const { counts } = await same();
			assert.equal(counts.epoch, 2);
			assert.equal(counts.gap, 1);
			await page.evaluate(async () => {
				/** @type {any} */ (window).Rearview.identify({ id: 'please-mute' });
				document.getElementById('p')?.append('y');
				/** @type {any} */ (window).Rearview.identify({ id: 'someone' });
				await new Promise((done) => setTimeout(done, 7500));
				document.getElementById('p')?.append('after');
			});
			const { shown } = await same();
			assert.match(shown, /after/);
		});

		it('tells fonts that scripts made, their bytes too, and when they are gone', async () => {
			await open('<p>x</p><script>document.fonts.add(window.early = new FontFace("Early One", "url(early.woff2)", {weight: "700"}));</script>');
			const fonts = async () => [...(await same()).sheets.values()].flatMap((sheet) => sheet.rules).filter((rule) => rule.startsWith('@font-face'));
			/* The observer comes with the extras. */
			while (!(await fonts()).length);
			assert.match((await fonts())[0], /font-family: "?Early One"?;.*url\("?early\.woff2"?\).*700/s);
			await page.evaluate(() => void document.fonts.add(new FontFace('Bytes', new Uint8Array([1, 2, 3]))));
			while ((await fonts()).length < 2);
			assert.match((await fonts())[1], /Bytes.*url\("data:application\/octet-stream;base64,AQID"\)/s);
			await page.evaluate(() => void document.fonts.delete(/** @type {any} */ (window).early));
			assert.equal((await fonts()).length, 1);
		});

		it('tells less often what changes without end, and all of it when it is calm again', async () => {
			await open('<p id="loud" title="0"></p><p id="quiet" title="0"></p>');
			await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				w.levels = [];
				w.Rearview.on('degrade', (/** @type {any} */ detail) => w.levels.push(detail.message));
				const loud = /** @type {any} */ (document.getElementById('loud'));
				w.storm = setInterval(() => { loud.title = 'x'.repeat(400_000) + ++w.count; }, 20);
				w.count = 0;
			});
			await page.waitForFunction('levels.includes("level 2")', { timeout: 60_000 });
			/* From here on it is sampled. */
			const before = (await recorded(page)).records.filter((rec) => rec.is === 'attributes').length;
			const changes = await page.evaluate(() => new Promise((done) => {
				const w = /** @type {any} */ (window);
				const from = w.count;
				const wait = setInterval(() => {
					if (w.count < from + 150) return;
					clearInterval(wait);
					clearInterval(w.storm);
					/** @type {any} */ (document.getElementById('loud')).title = 'last';
					/** @type {any} */ (document.getElementById('quiet')).title = 'too';
					done(w.count - from);
				}, 20);
			}));
			const got = await same();
			const told = got.records.filter((rec) => rec.is === 'attributes').length - before;
			assert.ok(told < changes / 3, `${told} of ${changes}`);
			await page.waitForFunction('levels.at(-1) === "level 0"', { timeout: 60_000 });
			assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).levels), ['level 1', 'level 2', 'level 1', 'level 0']);
			assert.ok((await same()).records.some((rec) => rec.is === 'note' && rec.kind === 'budget'));
		});

		it('gives everything back on destroy', async () => {
			await open('<p>x</p>');
			const [before, after, same] = await page.evaluate(() => {
				const w = /** @type {any} */ (window);
				const look = () => [w.fetch, w.console.log, w.XMLHttpRequest.prototype.open, w.XMLHttpRequest.prototype.send, w.Element.prototype.attachShadow, w.CSSStyleSheet.prototype.insertRule, w.history.pushState];
				const patched = look();
				const text = patched.map((f) => `${f.name} ${f.length} ${f.toString()} ${f instanceof Function}`);
				const enumerable = Object.keys(w).filter((k) => /rearview/i.test(k));
				const thenable = 'then' in w.Rearview;
				w.Rearview.destroy();
				const clean = look();
				const own = document.createElement('iframe');
				document.body.append(own);
				const inner = /** @type {any} */ (own.contentWindow);
				const plain = [inner.fetch, inner.console.log, inner.XMLHttpRequest.prototype.open, inner.XMLHttpRequest.prototype.send, inner.Element.prototype.attachShadow, inner.CSSStyleSheet.prototype.insertRule, inner.history.pushState].map((f) => `${f.name} ${f.length} ${f.toString()} true`);
				return [{ text, enumerable, thenable }, plain, clean.every((f, i) => f !== patched[i] || i === 6)];
			});
			assert.deepEqual(before, { text: after, enumerable: [], thenable: false });
			assert.equal(same, true);
		});
	});
}
