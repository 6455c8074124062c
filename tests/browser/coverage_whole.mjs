// Pages that are many things at once, as real ones are. See coverage_pages.mjs.

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const wholes = [
	{
		name: 'dashboard: grid, sticky header, SVG charts, live numbers',
		head: `<style>
			:root { --accent: #2563eb; --gap: 8px; color-scheme: light dark }
			* { box-sizing: border-box } body { margin: 0; font: 14px/1.3 sans-serif; background: #eef2f7; color: #123 }
			.app { display: grid; grid-template: "head head" auto "nav main" 1fr / 110px 1fr; min-height: 900px }
			header { grid-area: head; position: sticky; top: 0; z-index: 2; background: color-mix(in srgb, var(--accent) 80%, white); color: white; padding: 12px; display: flex; justify-content: space-between }
			nav { grid-area: nav; background: #1e293b; position: sticky; top: 42px; align-self: start; height: 300px } nav a { display: block; color: #cbd5e1; padding: 10px; text-decoration: none } nav a[aria-current] { background: var(--accent); color: white }
			main { grid-area: main; display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: var(--gap); padding: var(--gap); align-content: start }
			.card { background: white; border-radius: 8px; padding: 10px; box-shadow: 0 1px 3px #0003; container: card / inline-size } .card.wide { grid-column: 1 / -1 }
			.num { font-size: 28px; font-weight: 700; font-variant-numeric: tabular-nums } .up { color: #16a34a } .down { color: #dc2626 }
			@container card (min-width: 250px) { .num { font-size: 44px } }
			polyline { fill: none; stroke: var(--accent); stroke-width: 3 } .bar { fill: #f59e0b }
		</style>`,
		body: `<div class="app"><header><b>Sales</b><output id="clock">09:00</output></header><nav><a href="#a" aria-current="page">Overview</a><a href="#b">Orders</a><a href="#c">People</a></nav>
			<main><section class="card"><h4>Visitors</h4><div class="num up" id="n1">1,204</div></section><section class="card"><h4>Refunds</h4><div class="num down" id="n2">17</div></section>
			<section class="card wide"><svg id="chart" viewBox="0 0 300 100" width="100%" height="110" role="img"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#2563eb" offset="0"/><stop stop-color="#2563eb" stop-opacity="0" offset="1"/></linearGradient><clipPath id="c"><rect width="300" height="100" rx="8"/></clipPath></defs>
			<g clip-path="url(#c)"><rect width="300" height="100" fill="url(#g)"/><polyline id="line" points="0,80 60,40 120,60 180,20 240,50 300,10"/></g></svg></section>
			<section class="card wide"><svg id="bars" viewBox="0 0 300 60" width="100%" height="70"></svg></section></main></div>`,
		mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('n1').textContent = '1,377';
			$('line').setAttribute('points', '0,20 60,70 120,30 180,80 240,20 300,60');
			for (let i = 0; i < 10; i++) {
				const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
				for (const [name, value] of Object.entries({ class: 'bar', x: i * 30 + 4, y: 60 - i * 5, width: 22, height: i * 5 })) rect.setAttribute(name, `${value}`);
				$('bars').append(rect);
			}
			scrollTo(0, 120);
		},
		end() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			document.documentElement.style.setProperty('--accent', '#be185d');
			$('n2').className = 'num up';
			$('clock').value = '10:30';
			$('bars').children[4].remove();
			document.querySelector('[aria-current]')?.removeAttribute('aria-current');
			document.querySelectorAll('nav a')[1].setAttribute('aria-current', 'page');
			scrollTo(0, 40);
		},
	},
	{
		name: 'dialog over a form with states of validation',
		head: `<style>
			body { margin: 0; font: 16px sans-serif; background: linear-gradient(#def, #fff) } form { padding: 10px; display: grid; gap: 8px }
			input, select { padding: 10px; border: 4px solid #999; height: 46px } input:invalid { border-color: #dc2626; background: #fee2e2 } input:valid { border-color: #16a34a; background: #dcfce7 }
			form:has(:invalid) .hint { background: #dc2626; height: 40px } .hint { background: #ccc; height: 20px }
			fieldset:invalid { background: #fef9c3 } input:required + label::after { content: " *"; color: red }
			dialog { border: 0; padding: 20px; width: 260px; background: #1e293b; color: white } dialog::backdrop { background: rgb(190 24 93 / .6) } button { height: 40px; background: #2563eb; color: white; border: 0 } button:focus-visible { outline: 6px solid orange }
		</style>`,
		body: '<form id="f"><input id="mail" type="email" required placeholder="mail"><label for="mail">Mail</label><input id="name" required pattern="[a-z]{3,}" value="ab"><fieldset><input id="own" value="x"></fieldset><div class="hint"></div></form><dialog id="d"><p>Send it?</p><form method="dialog"><button id="no" value="no">No</button> <button id="yes" value="yes">Yes</button></form></dialog>',
		user: {
			async mid(page) {
				await page.focus('#mail');
				await page.keyboard.type('nothing');
				await page.keyboard.press('Tab');
				await page.keyboard.type('c');
				await page.evaluate(() => /** @type {any} */ (document.getElementById('own')).required = true);
			},
			async end(page) {
				await page.focus('#mail');
				await page.keyboard.type('@example.org');
				await page.evaluate(() => {
					/** @type {any} */ (document.getElementById('own')).value = '';
					/** @type {any} */ (document.getElementById('d')).showModal();
				});
				await page.keyboard.press('Tab');
			},
		},
	},
	{
		name: 'design system: nested shadow trees, parts, slots, states',
		head: `<style>body { margin: 0; font: 15px sans-serif } ds-card::part(title) { background: #7c3aed; color: white; padding: 12px } ds-card[tone=warn]::part(title) { background: #d97706 } ds-button::part(base):hover { background: black } ds-card { --ds-pad: 14px } ds-card:not(:defined) { display: none }</style>
			<script>
			const shared = new CSSStyleSheet(); shared.replaceSync(':host { display: block } :host([hidden]) { display: none } button { font: inherit; height: 44px; border: 0; background: var(--ds-button, #0d9488); color: white }');
			customElements.define('ds-button', class extends HTMLElement { constructor() { super(); const r = this.attachShadow({ mode: 'open', delegatesFocus: true }); r.adoptedStyleSheets = [shared]; r.innerHTML = '<button part="base"><slot name="icon"></slot><slot>Button</slot></button>'; } });
			customElements.define('ds-card', class extends HTMLElement { static observedAttributes = ['open']; constructor() { super(); const r = this.attachShadow({ mode: 'open' }); r.adoptedStyleSheets = [shared]; r.innerHTML = '<style>:host { border: 3px solid #7c3aed; margin: 6px } :host([tone=warn]) { border-color: #d97706 } .body { padding: var(--ds-pad, 2px); display: none } :host([open]) .body { display: block } ::slotted(p) { background: #ddd6fe; margin: 0; padding: 8px } ::slotted(p:last-child) { background: #fde68a }</style><div part="title"><slot name="title">Untitled</slot></div><div class="body"><slot></slot><ds-button exportparts="base: action"><span slot="icon">★ </span>Go</ds-button></div>'; } });
			</script>`,
		body: '<ds-card id="a" open><span slot="title">First</span><p>One</p><p>Two</p></ds-card><ds-card id="b" tone="warn"><p>Three</p></ds-card>',
		mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('b').setAttribute('open', '');
			$('b').append(Object.assign(document.createElement('p'), { textContent: 'Four' }));
			$('a').shadowRoot.querySelector('ds-button').style.setProperty('--ds-button', '#be123c');
		},
		end() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			document.adoptedStyleSheets = [new CSSStyleSheet()];
			document.adoptedStyleSheets[0].insertRule('ds-card::part(title) { background: #0f172a !important }');
			$('a').removeAttribute('open');
			$('b').setAttribute('tone', 'calm');
			$('b').insertAdjacentHTML('beforeend', '<span slot="title">Late <b>title</b></span>');
			$('b').shadowRoot.adoptedStyleSheets[0].insertRule('button { height: 80px !important }', 3);
		},
	},
	{
		name: 'table with columns, spans, caption and sticky cells',
		head: '<style>body { margin: 0; font: 14px sans-serif } .scroll { width: 460px; height: 250px; overflow: auto } table { border-collapse: separate; border-spacing: 0; width: 900px } caption { caption-side: bottom; background: #fde68a; padding: 6px } col.money { background: #dcfce7 } col.sel { background: #bfdbfe } th, td { border: 1px solid #94a3b8; padding: 10px; height: 40px } thead th { position: sticky; top: 0; background: #1e293b; color: white; z-index: 1 } tbody th { position: sticky; left: 0; background: #f1f5f9 } tr:nth-child(even) td:empty { background: repeating-linear-gradient(45deg, #fca5a5 0 6px, #fff 6px 12px) } td[rowspan] { background: #a5b4fc; vertical-align: bottom }</style>',
		body: '<div class="scroll"><table><caption>Quarter</caption><colgroup><col><col span="2" class="money"><col id="c"></colgroup><thead><tr><th>Name</th><th>Q1</th><th>Q2</th><th>Sum</th></tr></thead><tbody id="b"><tr><th>A</th><td>1</td><td rowspan="2">2</td><td>3</td></tr><tr><th>B</th><td></td><td>6</td></tr><tr><th>C</th><td colspan="2">7</td><td></td></tr></tbody><tfoot><tr><td colspan="4">total</td></tr></tfoot></table></div>',
		mid() {
			const body = /** @type {any} */ (document.getElementById('b'));
			for (let i = 0; i < 6; i++) {
				const row = body.insertRow(i % 2 ? -1 : 0);
				row.innerHTML = `<th>new ${i}</th>`;
				for (let j = 0; j < 3; j++) row.insertCell().textContent = (i + j) % 3 ? `${i * j}` : '';
			}
			document.getElementById('c')?.classList.add('sel');
			/** @type {any} */ (document.querySelector('.scroll')).scrollTo(150, 120);
		},
		end() {
			const table = /** @type {any} */ (document.querySelector('table'));
			table.deleteTFoot();
			table.tBodies[0].append(...[...table.tBodies[0].rows].reverse());
			table.caption.textContent = 'Year';
			table.rows[3].cells[1].rowSpan = 2;
			/** @type {any} */ (document.querySelector('.scroll')).scrollTo(60, 300);
		},
	},
	{
		name: 'carousel of radio buttons and scroll snapping, lightbox by :target',
		head: '<style>body { margin: 0 } .track { display: flex; overflow-x: auto; scroll-snap-type: x mandatory; width: 480px; height: 120px } .track > * { flex: 0 0 100%; scroll-snap-align: center; font: 40px sans-serif; color: white; display: grid; place-items: center } .tabs input { position: absolute; opacity: 0 } .tabs label { display: inline-block; width: 100px; height: 40px; background: #cbd5e1 } .tabs input:checked + label { background: #0ea5e9 } .panel { display: none; height: 60px } #t1:checked ~ .p1, #t2:checked ~ .p2, #t3:checked ~ .p3 { display: block } .box { height: 40px; background: silver } .box:target { background: crimson; height: 90px } main:has(:target) h3 { color: crimson; text-decoration: underline } body:target-within { border-left: 20px solid gold }</style>',
		body: '<div class="track" id="t"><div style="background:#dc2626">1</div><div style="background:#16a34a">2</div><div style="background:#2563eb">3</div></div><div class="tabs"><input type="radio" name="t" id="t1" checked><label for="t1">one</label><input type="radio" name="t" id="t2"><label for="t2">two</label><input type="radio" name="t" id="t3"><label for="t3">three</label><div class="panel p1" style="background:#fca5a5"></div><div class="panel p2" style="background:#86efac"></div><div class="panel p3" style="background:#93c5fd"></div></div><main><h3>Boxes</h3><div class="box" id="x"></div><div class="box" id="y"></div></main>',
		async mid() {
			/** @type {any} */ (document.getElementById('t')).scrollLeft = 480;
			document.querySelector('label[for=t2]')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
			location.hash = 'x';
			await new Promise((next) => setTimeout(next, 100));
		},
		async end() {
			/** @type {any} */ (document.getElementById('t')).scrollLeft = 960;
			/** @type {any} */ (document.getElementById('t3')).click();
			location.hash = 'y';
			await new Promise((next) => setTimeout(next, 100));
		},
	},
	{
		name: 'article: floats, columns, counters, markers, first letters, initial quotes',
		head: '<style>body { margin: 0; font: 15px/1.4 serif; counter-reset: section } h2 { counter-increment: section; margin: 4px } h2::before { content: counter(section, upper-roman) ". "; color: #b91c1c } .cols { columns: 2; column-rule: 4px double #64748b; column-gap: 24px } p::first-letter { font-size: 40px; float: left; color: #7c3aed } p::first-line { font-variant: small-caps } aside { float: right; width: 120px; height: 90px; background: #99f6e4; shape-outside: circle(); clip-path: circle() } ol { counter-reset: item 4; list-style: none; padding: 0 } ol li { counter-increment: item } ol li::marker { content: "x" } ol li::before { content: counters(item, ".") " → "; background: #fde047 } ul li::marker { content: "✔ "; color: green; font-size: 20px } q { quotes: "«" "»" "‹" "›" } blockquote { border-inline-start: 12px solid #0ea5e9; margin: 4px; hyphens: auto } @counter-style stars { system: cyclic; symbols: "★" "☆"; suffix: " " } .stars { list-style: stars }</style>',
		body: '<h2>Start</h2><aside></aside><div class="cols" id="c"><p>Once upon a time there was a page that was many things at once, and it was read to its end.</p><p>Then <q>somebody <q>said</q> so</q>.</p></div><h2>Lists</h2><ol id="o"><li>four</li><li>five<ol><li>nested</li></ol></li></ol><ul id="u"><li>yes</li></ul><ul class="stars"><li>a</li><li>b</li><li>c</li></ul><blockquote lang="en">Extraordinarily long incomprehensibilities.</blockquote>',
		mid() {
			document.getElementById('o')?.append(Object.assign(document.createElement('li'), { textContent: 'six' }));
			document.getElementById('c')?.append(Object.assign(document.createElement('p'), { textContent: 'And a paragraph more, which makes the columns longer than they were before it came.' }));
		},
		end() {
			document.querySelector('aside')?.remove();
			document.getElementById('u')?.insertAdjacentHTML('afterbegin', '<li>first</li><li>second</li>');
			document.querySelector('h2')?.insertAdjacentHTML('beforebegin', '<h2>Before</h2>');
			/** @type {any} */ (document.getElementById('c')).style.columns = '3';
			scrollTo(0, 60);
		},
	},
	{
		name: 'scripts and directions: RTL, ruby, vertical writing, logical properties',
		head: '<style>body { margin: 0; font: 18px serif } .v { writing-mode: vertical-rl; height: 120px; background: #fef3c7; padding-block: 10px; border-block-start: 8px solid #b45309 } .r { background: #e0e7ff; padding-inline: 40px 4px; border-inline-start: 10px solid #4338ca } rt { color: #dc2626 } bdi { background: #bbf7d0 } .up { text-orientation: upright } .e { text-emphasis: filled sesame #be185d; letter-spacing: 3px } .flow { display: flex; gap: 6px } .flow i { width: 60px; height: 40px; background: #0ea5e9 } .flow i:first-child { background: #f97316 }</style>',
		body: '<div class="r" dir="rtl" id="r">שלום <bdi>user 12</bdi> عالم 3 (x)</div><div class="v" id="v">縦書きの<ruby>文<rt>ぶん</rt></ruby>と <span class="up">Latin</span></div><p id="p"><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby> <span class="e">emphasis</span> <bdo dir="rtl">reversed</bdo></p><div class="flow" id="f"><i></i><i></i><i></i></div>',
		mid() {
			document.getElementById('f')?.setAttribute('dir', 'rtl');
			/** @type {any} */ (document.getElementById('v')).style.writingMode = 'vertical-lr';
			document.getElementById('r')?.append(' ‏סוף');
		},
		end() {
			document.documentElement.dir = 'rtl';
			/** @type {any} */ (document.getElementById('r')).dir = 'ltr';
			document.querySelector('rt')?.replaceChildren('よみ');
		},
	},
	{
		name: 'cascade: layers, scope, nesting, container and style queries, registered properties',
		head: '<style>@layer reset, base, theme; @layer theme { .btn { background: #16a34a } } @layer base { .btn { background: #dc2626; height: 50px; color: white } } body { margin: 0; font: 16px sans-serif } @property --size { syntax: "<length>"; inherits: false; initial-value: 30px } .p { height: var(--size); background: #7c3aed } .card { container-type: inline-size; background: #e2e8f0; padding: 6px; width: 200px; & .t { height: 30px; background: #f59e0b; &:hover { background: black } @container (width > 250px) { background: #0891b2; height: 60px } } &.on { outline: 6px solid #be123c; outline-offset: -6px } } @scope (.card) to (.stop) { i { display: block; height: 20px; background: #be123c } } @supports (display: grid) and (not (display: nonsense)) { .s { height: 20px; background: #2563eb } } @media (min-width: 300px) { .m { height: 20px; background: #65a30d } } .w:has(> .on) { border-bottom: 20px solid #0f172a } .is:is(h1, p, :where(#nope)) { color: #b91c1c }</style>',
		body: '<div class="w" id="w"><button class="btn">layers</button><div class="card" id="c"><div class="t"></div><i></i><div class="stop"><i>stopped</i></div></div></div><div class="p" id="p"></div><div class="s"></div><div class="m"></div><p class="is">is</p>',
		mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('c').style.width = '300px';
			$('c').classList.add('on');
			$('p').style.setProperty('--size', '60px');
		},
		end() {
			const sheet = document.styleSheets[1];
			sheet.insertRule('@layer theme { .btn { background: #0ea5e9; height: 90px } }', sheet.cssRules.length);
			document.head.append(Object.assign(document.createElement('style'), { textContent: '@layer base { .s { background: orange !important } } .m { @media (width > 1px) { background: gold } }' }));
			document.getElementById('c')?.classList.remove('on');
		},
	},
	{
		name: 'pictures: picture, srcset, lazy, object-fit, maps, figures',
		head: '<style>body { margin: 0 } img { width: 140px; height: 90px; object-fit: cover; background: #ddd } .tall { height: 700px; background: linear-gradient(#fff, #cbd5e1) } figure { margin: 4px; display: inline-block } figcaption { background: #0f172a; color: white } .set { width: 100px; height: 60px; background-image: image-set(url("/whole/b.svg") 1x, url("/whole/c.svg") 2x) }</style>',
		body: '<figure><picture><source media="(min-width: 400px)" srcset="/whole/a.svg"><img id="i" src="/whole/b.svg" alt="a"></picture><figcaption>Fig. 1</figcaption></figure><img srcset="/whole/b.svg 1x, /whole/d.svg 3x" alt=""><img src="/whole/c.svg" usemap="#m" style="object-fit:contain;object-position:left"><map name="m"><area shape="rect" coords="0,0,50,50" href="#x"></map><div class="set"></div><div class="tall"></div><img loading="lazy" src="/whole/a.svg" id="lazy">',
		files: Object.fromEntries(['a', 'b', 'c', 'd'].map((name, i) => [`/whole/${name}.svg`, { type: 'image/svg+xml', body: `<svg xmlns="http://www.w3.org/2000/svg" width="${60 + 40 * i}" height="60"><rect width="100%" height="100%" fill="${['#dc2626', '#16a34a', '#2563eb', '#f59e0b'][i]}"/><circle cx="30" cy="30" r="20" fill="white"/></svg>` }])),
		async mid() {
			/** @type {any} */ (document.querySelector('source')).srcset = '/whole/c.svg';
			scrollTo(0, 500);
			await new Promise((next) => setTimeout(next, 300));
		},
		async end() {
			scrollTo(0, 0);
			document.querySelector('source')?.remove();
			/** @type {any} */ (document.querySelector('[usemap]')).style.objectFit = 'fill';
			document.body.prepend(Object.assign(new Image(), { src: '/whole/b.svg', alt: 'new' }));
			await new Promise((next) => setTimeout(next, 300));
		},
	},
	{
		name: 'details as an accordion, progress and meters, list of options',
		head: '<style>body { margin: 0; font: 16px sans-serif } details { border: 2px solid #334155; margin: 4px } details[open] { background: #dbeafe } summary { height: 34px; background: #334155; color: white } summary::marker { content: "+ " } details[open] > summary::marker { content: "− " } .in { height: 40px } progress { width: 220px; height: 24px; accent-color: #be123c } meter { width: 220px; height: 24px } select[size] { width: 200px; height: 90px } input[type=range] { accent-color: #16a34a; width: 220px }</style>',
		body: '<details name="g" id="d1" open><summary>One</summary><div class="in">first</div></details><details name="g" id="d2"><summary>Two</summary><div class="in">second</div></details><progress id="p" max="10" value="3"></progress><meter id="m" min="0" max="1" low=".3" high=".7" optimum="1" value=".2"></meter><select id="s" size="4" multiple><optgroup label="A"><option selected>a1</option><option>a2</option></optgroup><optgroup label="B" disabled><option>b1</option></optgroup></select><input id="r" type="range" value="20"><input list="l" value="typed"><datalist id="l"><option value="x"></datalist>',
		mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('d2').open = true;
			$('p').value = 8;
			$('m').value = 0.9;
			$('s').options[1].selected = true;
			$('r').value = '90';
		},
		end() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('d2').open = false;
			$('p').removeAttribute('value');
			$('s').options[0].selected = false;
			$('s').append(new Option('added', 'added', true, true));
			$('m').max = 4;
			$('p').remove();
		},
	},
	{
		name: 'effects: clip, mask, filter, blend, backdrop, transform, perspective',
		head: '<style>body { margin: 0; background: repeating-linear-gradient(90deg, #fff 0 40px, #e2e8f0 40px 80px) } .row { display: flex; flex-wrap: wrap; gap: 10px; padding: 10px } .b { width: 100px; height: 80px; background: #2563eb } .clip { clip-path: polygon(50% 0, 100% 100%, 0 100%) } .mask { mask: linear-gradient(90deg, black 50%, transparent 50%) } .gray { filter: grayscale(1) contrast(1.5) } .blend { mix-blend-mode: multiply; background: #fbbf24; margin-left: -50px } .glass { backdrop-filter: invert(1); background: transparent } .turn { transform: rotate(20deg) scale(.8); transform-origin: 0 100% } .deep { perspective: 200px } .deep .b { transform: rotateY(45deg); background: linear-gradient(#dc2626, #fbbf24) } .conic { background: conic-gradient(from 90deg, red, gold, lime, red); border-radius: 50% } .own { translate: 10px 20px; rotate: 10deg; scale: 1.1 } .shadow { box-shadow: 10px 10px 0 #0f172a, inset 0 0 0 10px #fff }</style>',
		body: '<div class="row"><div class="b clip"></div><div class="b mask"></div><div class="b gray"></div><div class="b"></div><div class="b blend"></div><div class="b glass" id="g"></div><div class="b turn" id="t"></div><div class="deep" id="d"><div class="b"></div></div><div class="b conic"></div><div class="b own" id="o"></div><div class="b shadow"></div></div>',
		mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('g').style.backdropFilter = 'hue-rotate(90deg)';
			$('t').style.transform = 'skewX(20deg)';
			$('d').style.perspectiveOrigin = '0 0';
			$('o').style.clipPath = 'inset(10px round 20px)';
		},
		end() {
			document.querySelector('.mask')?.classList.replace('mask', 'clip');
			/** @type {any} */ (document.querySelector('.row')).style.cssText = 'filter: sepia(1); isolation: isolate';
			/** @type {any} */ (document.getElementById('o')).style.setProperty('rotate', '45deg', 'important');
		},
	},
	{
		name: 'editor: lists, links, marks, undo, pasted HTML, a toolbar',
		head: '<style>body { margin: 0; font: 18px sans-serif } #tools button { height: 36px; width: 60px; border: 0; background: #cbd5e1 } #tools [aria-pressed=true] { background: #2563eb; color: white } #e { min-height: 200px; border: 4px solid #94a3b8; padding: 8px; outline: 0 } #e:focus { border-color: #16a34a } #e:empty::before { content: attr(data-placeholder); color: #94a3b8 } #e blockquote { border-left: 10px solid #f59e0b; margin: 4px; padding: 8px } .mention { background: #bfdbfe }</style>',
		body: '<div id="tools"><button id="bold" aria-pressed="false">B</button><button>I</button></div><div id="e" contenteditable="true" data-placeholder="Write"></div>',
		user: {
			async mid(page) {
				await page.focus('#e');
				await page.keyboard.type('Hello world');
				await page.evaluate(() => {
					document.execCommand('selectAll');
					document.execCommand('bold');
					document.getElementById('bold')?.setAttribute('aria-pressed', 'true');
					getSelection()?.collapseToEnd();
				});
				await page.keyboard.press('Enter');
				await page.keyboard.type('second line');
			},
			async end(page) {
				await page.evaluate(() => {
					document.execCommand('insertHTML', false, '<blockquote>pasted <span class="mention" contenteditable="false">@someone</span></blockquote>');
					document.execCommand('insertUnorderedList');
				});
				await page.keyboard.type(' item');
				await page.keyboard.press('Enter');
				await page.keyboard.type('next');
				await page.evaluate(() => {
					document.execCommand('undo');
					getSelection()?.removeAllRanges();
				});
			},
		},
	},
	{
		name: 'virtual list that scrolls, and a board whose cards are dragged',
		head: '<style>body { margin: 0; font: 14px sans-serif } #v { height: 160px; overflow: auto; position: relative } #v .in { position: relative; height: 20000px } #v .row { position: absolute; left: 0; right: 0; height: 40px } .board { display: flex; gap: 8px; padding: 8px } .col { flex: 1; background: #e2e8f0; min-height: 150px; padding: 4px } .card { height: 30px; margin: 4px; color: white } .card.dragging { opacity: .4 } .col.over { background: #fde68a }</style>',
		body: '<div id="v"><div class="in"></div></div><div class="board"><div class="col" id="a"><div class="card" draggable="true" style="background:#dc2626">1</div><div class="card" draggable="true" style="background:#16a34a">2</div><div class="card" draggable="true" style="background:#2563eb">3</div></div><div class="col" id="b"></div></div><script>{ const v = document.getElementById("v"), inner = v.firstChild; const draw = () => { const first = Math.floor(v.scrollTop / 40); const rows = new Map([...inner.children].map((row) => [+row.dataset.i, row])); for (const [i, row] of rows) if (i < first || i > first + 5) row.remove(); for (let i = first; i < first + 6; i++) { if (rows.has(i)) continue; const row = document.createElement("div"); row.className = "row"; row.dataset.i = i; row.textContent = `row ${i}`; row.style.cssText = `top:${i * 40}px;background:hsl(${i * 37 % 360} 70% 60%)`; inner.append(row); } }; v.addEventListener("scroll", draw); draw(); }</script>',
		async mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('v').scrollTop = 3210;
			await new Promise((next) => setTimeout(next, 200));
			$('a').children[0].classList.add('dragging');
			$('b').classList.add('over');
		},
		async end() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			for (let y = 3210; y > 1000; y -= 170) {
				$('v').scrollTop = y;
				await new Promise((next) => setTimeout(next, 20));
			}
			await new Promise((next) => setTimeout(next, 200));
			$('b').append($('a').children[0]);
			$('b').firstChild.classList.remove('dragging');
			$('b').classList.remove('over');
			$('a').insertBefore($('a').children[1], $('a').children[0]);
		},
	},
	{
		name: 'frames in frames with styles, scroll and fields of their own',
		head: '<style>body { margin: 0 } iframe { border: 4px solid #7c3aed; width: 460px; height: 160px }</style>',
		body: `<iframe id="f" srcdoc="<!doctype html><style>body{margin:0;background:#fef3c7;font:16px sans-serif} .x{height:500px;background:linear-gradient(#f97316,#2563eb)} :focus{background:#86efac}</style><input id=i value=in><div class=x></div>"></iframe><iframe id="g" srcdoc="<body style='margin:0;background:#dcfce7'><iframe id=h style='width:300px;height:120px;border:0;background:white'></iframe></body>"></iframe>`,
		async mid() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('f').contentWindow.scrollTo(0, 120);
			$('f').contentDocument.getElementById('i').value = 'typed';
			const inner = $('g').contentDocument.getElementById('h').contentDocument;
			inner.open();
			inner.write('<!doctype html><body style="margin:0"><p style="margin:0;height:60px;background:#be123c">deep</p>');
			inner.close();
			await new Promise((next) => setTimeout(next, 200));
		},
		async end() {
			const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			$('f').contentDocument.body.style.background = '#fecaca';
			$('f').contentWindow.scrollTo(0, 20);
			const inner = $('g').contentDocument.getElementById('h').contentDocument;
			inner.body.append(Object.assign(inner.createElement('p'), { textContent: 'more', style: 'height:50px;background:#0ea5e9' }));
			const sheet = new ($('f').contentWindow.CSSStyleSheet)();
			sheet.replaceSync('.x { background: #0f172a }');
			$('f').contentDocument.adoptedStyleSheets = [sheet];
			await new Promise((next) => setTimeout(next, 200));
		},
	},
	{
		name: 'theme by adopted sheets, view transition, popover',
		head: '<style>body { margin: 0; font: 18px sans-serif; background: var(--bg, #fff); color: var(--fg, #111) } [popover] { border: 0; width: 220px; height: 120px; background: #1d4ed8; color: white; inset: auto; left: 40px; top: 60px; margin: 0 } .menu { anchor-name: --menu; height: 50px; background: #94a3b8 } .cards { display: flex; gap: 8px } .cards i { width: 100px; height: 80px; background: var(--card, #22c55e) }</style>',
		body: '<div class="menu">menu</div><div class="cards" id="c"><i></i><i></i><i></i></div><div popover id="p">popped</div>',
		async mid() {
			const w = /** @type {any} */ (window);
			w.light = new CSSStyleSheet();
			w.dark = new CSSStyleSheet();
			w.light.replaceSync(':root { --bg: #fef9c3; --fg: #713f12; --card: #f97316 }');
			w.dark.replaceSync(':root { --bg: #0f172a; --fg: #e2e8f0; --card: #a855f7 }');
			document.adoptedStyleSheets = [w.light];
			/** @type {any} */ (document.getElementById('p')).showPopover();
		},
		async end() {
			const w = /** @type {any} */ (window);
			/** @type {any} */ (document.getElementById('p')).hidePopover();
			const change = () => {
				document.adoptedStyleSheets = [w.dark];
				document.getElementById('c')?.lastElementChild?.remove();
			};
			const { startViewTransition } = /** @type {any} */ (document);
			if (startViewTransition) await startViewTransition.call(document, change).finished;
			else change();
		},
	},
	{
		name: 'canvases with and without a size in style, drawn and resized',
		head: '<style>body { margin: 0; background: #e2e8f0 } canvas { background: white } #b { width: 200px; height: 60px } #e { max-width: 100%; height: auto }</style>',
		body: '<canvas id="a" width="150" height="80"></canvas><canvas id="b" width="400" height="120"></canvas><br><canvas id="d"></canvas><canvas id="e" width="1600" height="800"></canvas>',
		config: { capture: { canvas: true } },
		async mid() {
			for (const [i, canvas] of [...document.querySelectorAll('canvas')].entries()) {
				const context = /** @type {any} */ (canvas.getContext('2d'));
				context.fillStyle = ['#dc2626', '#16a34a', '#2563eb', '#f59e0b'][i];
				context.fillRect(canvas.width / 8, canvas.height / 8, canvas.width / 2, canvas.height / 2);
			}
			await new Promise((next) => setTimeout(next, 3000));
		},
		async end() {
			const canvas = /** @type {any} */ (document.getElementById('a'));
			canvas.width = 250;
			canvas.getContext('2d').fillRect(20, 20, 200, 50);
			await new Promise((next) => setTimeout(next, 3500));
		},
	},
	{
		name: 'what has the focus is seen from a window\'s start, also when it is new',
		head: '<style>body { margin: 0 } button, input { display: block; width: 300px; height: 60px; border: 0; background: silver } :focus { background: teal; outline: 0 } :focus:not(:focus-visible) { background: orange } form { padding: 8px; background: white } form:focus-within { background: gold }</style>',
		body: '<button id="b">press</button><form id="f"><input id="i"></form>',
		user: {
			async mid(page) {
				await page.click('#b');
			},
			async end(page) {
				await page.evaluate(() => {
					document.getElementById('f')?.append(Object.assign(document.createElement('input'), { id: 'n' }));
					document.getElementById('n')?.focus();
				});
			},
		},
	},
];
