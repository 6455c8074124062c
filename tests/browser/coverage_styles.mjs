// Pages about style sheets. See coverage_pages.mjs.

const BOXES = '<div class="a">a</div><div class="b">b</div><div class="c">c</div><div class="d">d</div>';
const BASE = '<style>div{height:60px;font:20px sans-serif}</style>';

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const styles = [
	{
		name: 'styles: a style element whose text changes, comes and goes',
		head: `${BASE}<style id="s">.a{background:teal}</style>`,
		body: BOXES,
		mid() {
			const s = /** @type {any} */ (document.getElementById('s'));
			s.textContent = '.a{background:orange}.b{background:navy}';
			const more = document.createElement('style');
			more.id = 'more';
			more.textContent = '.c{background:gold}';
			document.head.append(more);
			more.append('.d{background:crimson}');
		},
		end() {
			document.getElementById('s')?.remove();
			/** @type {any} */ (document.getElementById('more')).firstChild.data = '.b{background:purple}';
		},
	},
	{
		name: 'styles: rules inserted, deleted and replaced',
		head: `${BASE}<style id="s"></style><style id="t">.a{background:teal}.b{color:red}</style><script>s.sheet.insertRule('.c{background:var(--c)}');s.sheet.insertRule(':root{--c:gold}');</script>`,
		body: BOXES,
		mid() {
			const [s, t] = ['s', 't'].map((id) => /** @type {any} */ (document.getElementById(id)).sheet);
			s.insertRule('.d{background:crimson}', s.cssRules.length);
			t.insertRule('.b{background:navy}', 1);
			t.deleteRule(0);
			const late = document.createElement('style');
			document.head.append(late);
			for (let i = 0; i < 30; i++) /** @type {any} */ (late.sheet).insertRule(`.a{padding-left:${i * 3}px;background:rgb(${i * 8},60,60)}`, i);
		},
		end() {
			const [s, t] = ['s', 't'].map((id) => /** @type {any} */ (document.getElementById(id)).sheet);
			while (s.cssRules.length > 1) s.deleteRule(1);
			t.addRule?.('.d', 'background: olive');
			t.insertRule('.c{background:olive!important}', 0);
		},
	},
	{
		name: 'styles: nested and grouping rules',
		head: `${BASE}<style id="s">@media all{.a{background:teal}@supports (color:red){.b{background:navy}}}@media print{.c{background:red}}@keyframes k{from{opacity:1}to{opacity:1}}.d{color:black;& b{color:white}}</style>`,
		body: `${BOXES}<div class="d"><b>nested</b></div>`,
		mid() {
			const { sheet } = /** @type {any} */ (document.getElementById('s'));
			sheet.cssRules[0].insertRule('.c{background:gold}', 0);
			sheet.cssRules[0].cssRules[2].insertRule('.b{background:purple}', 1);
			sheet.cssRules[3].insertRule('&{background:crimson}', 1);
			sheet.cssRules[2].appendRule('50%{opacity:1}');
		},
		end() {
			const { sheet } = /** @type {any} */ (document.getElementById('s'));
			sheet.cssRules[0].deleteRule(1);
			sheet.insertRule('@media all{.a{background:olive}}', 0);
			sheet.cssRules[0].insertRule('.a{padding-left:40px}', 1);
			sheet.cssRules[1].cssRules[1].deleteRule(0);
			sheet.cssRules[3].deleteRule('50%');
		},
	},
	{
		name: 'styles: declarations of a rule changed by script',
		head: `${BASE}<style id="s">.a{background:teal}.b{background:navy}@media all{.c{background:gold}.c{outline:0}}@layer x{.d{background:crimson}}</style>`,
		body: BOXES,
		mid() {
			const { sheet } = /** @type {any} */ (document.getElementById('s'));
			sheet.cssRules[0].style.background = 'orange';
			sheet.cssRules[1].style.setProperty('background', 'purple', 'important');
			sheet.cssRules[2].cssRules[0].style.cssText = 'background: olive; color: white';
		},
		end() {
			const { sheet } = /** @type {any} */ (document.getElementById('s'));
			const [a, b, c, d] = sheet.cssRules;
			a.selectorText = '.b';
			b.selectorText = '.a';
			c.cssRules[0].style.removeProperty('background');
			if (d.cssRules[0].styleMap) d.cssRules[0].styleMap.set('background', 'teal');
			else d.cssRules[0].style.background = 'teal';
			c.media.mediaText = 'all, screen';
		},
	},
	{
		name: 'styles: media and disabled of sheets',
		head: `${BASE}<style id="s">.a{background:teal}</style><style id="t" media="print">.b{background:navy}</style><link rel="stylesheet" id="l" href="/switch.css"><style id="u">.d{background:crimson}</style>`,
		body: BOXES,
		files: { '/switch.css': '.c{background:gold}' },
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('s').sheet.disabled = true;
			of('t').media = 'all';
			of('l').sheet.media.mediaText = 'print';
			of('u').sheet.media.appendMedium('print');
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('s').sheet.disabled = false;
			of('t').disabled = true;
			of('l').sheet.media.mediaText = 'all';
			of('u').sheet.media.deleteMedium('print');
			of('u').sheet.media.appendMedium('screen');
		},
	},
	{
		name: 'styles: a link switched off and on, and to another address',
		head: `${BASE}<link rel="stylesheet" id="l" href="/one.css"><link rel="stylesheet" id="m" href="/two.css">`,
		body: BOXES,
		files: { '/one.css': '.a{background:teal}', '/two.css': '.b{background:navy}', '/three.css': '.c{background:gold}' },
		async mid() {
			const [l, m] = ['l', 'm'].map((id) => /** @type {any} */ (document.getElementById(id)));
			l.disabled = true;
			m.href = '/three.css';
			await new Promise((done) => { m.onload = done; });
		},
		async end() {
			const [l, m] = ['l', 'm'].map((id) => /** @type {any} */ (document.getElementById(id)));
			const loaded = new Promise((done) => { l.onload = done; });
			l.disabled = false;
			m.remove();
			await loaded;
		},
	},
	{
		name: 'styles: alternate sheets',
		head: `${BASE}<link rel="stylesheet" title="main" href="/main.css"><link rel="alternate stylesheet" id="alt" title="alt" href="/alt.css"><style title="other">.c{background:red}</style>`,
		body: BOXES,
		files: { '/main.css': '.a{background:teal}', '/alt.css': '.b{background:navy}' },
		mid() {
			document.body.append('text');
		},
	},
	{
		name: 'styles: sheets that import others',
		head: `${BASE}<link rel="stylesheet" href="/import.css"><style>@import "/inner.css" layer(low) supports(display: grid) screen;.c{color:white}</style>`,
		body: BOXES,
		files: { '/import.css': '@import "css/deep.css";.a{background:teal}', '/css/deep.css': '@import "deeper.css";.b{background:url("dot.svg") navy}', '/css/deeper.css': '.d{background:crimson}', '/inner.css': '.c{background:gold}', '/css/dot.svg': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30"><rect width="30" height="30" fill="lime"/></svg>' } },
		async mid() {
			const style = document.createElement('style');
			style.textContent = '@import "/inner.css";.a{color:white}';
			await new Promise((done) => { style.onload = done; document.head.append(style); });
		},
		end() {
			/** @type {any} */ (document.querySelector('link[href="/import.css"]')).sheet.cssRules[0].styleSheet.insertRule('.a{background:olive!important}', 1);
		},
	},
	{
		name: 'styles: another origin with and without permission',
		head: `${BASE}<script>document.write('<link rel="stylesheet" crossorigin href="http://localhost:' + location.port + '/cors.css"><link rel="stylesheet" href="http://localhost:' + location.port + '/far.css">')</script>`,
		body: BOXES,
		files: { '/cors.css': { body: '.a{background:teal}.b{background:url(css/dot2.svg) navy}', headers: { 'access-control-allow-origin': '*' } }, '/far.css': '.c{background:gold}', '/css/dot2.svg': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30"><rect width="30" height="30" fill="lime"/></svg>' } },
	},
	{
		name: 'styles: adopted sheets of document and roots',
		head: `${BASE}<script>customElements.define("x-box",class extends HTMLElement{constructor(){super();this.attachShadow({mode:"open"}).innerHTML="<p>box</p>"}});const sheet=new CSSStyleSheet();sheet.replaceSync(".a{background:teal}p{margin:0;height:40px;background:gold}");document.adoptedStyleSheets=[sheet];</script>`,
		body: `${BOXES}<x-box id="x"></x-box><x-box id="y"></x-box>`,
		mid() {
			const w = /** @type {any} */ (window);
			w.shared = new CSSStyleSheet({ media: 'all' });
			w.shared.replaceSync('p{margin:0;height:40px;background:crimson}.b{background:navy}');
			const [x, y] = ['x', 'y'].map((id) => /** @type {any} */ (document.getElementById(id)).shadowRoot);
			x.adoptedStyleSheets = [w.shared];
			y.adoptedStyleSheets.push(w.shared);
			document.adoptedStyleSheets.push(w.shared);
		},
		end() {
			const w = /** @type {any} */ (window);
			w.shared.insertRule('p{color:white}', 0);
			w.shared.cssRules[1].style.background = 'olive';
			document.adoptedStyleSheets.splice(0, 1);
			/** @type {any} */ (document.getElementById('y')).shadowRoot.adoptedStyleSheets.length = 0;
		},
	},
	{
		name: 'styles: constructed sheets replaced, disabled and dropped',
		head: BASE,
		body: BOXES,
		async mid() {
			const w = /** @type {any} */ (window);
			for (let i = 0; i < 300; i++) {
				const sheet = new CSSStyleSheet();
				sheet.replaceSync(`.a{background:rgb(${i % 256},80,80)}`);
				document.adoptedStyleSheets = [sheet];
				if (i % 20 === 0) await new Promise((done) => setTimeout(done, 8));
			}
			w.b = new CSSStyleSheet();
			w.c = new CSSStyleSheet();
			document.adoptedStyleSheets = [...document.adoptedStyleSheets, w.b, w.c];
			w.b.replaceSync('.b{background:navy}');
			await w.c.replace('.c{background:gold}');
		},
		end() {
			const w = /** @type {any} */ (window);
			w.b.disabled = true;
			w.c.replaceSync('.d{background:crimson}');
		},
	},
	{
		name: 'styles: variables in shorthands',
		head: `${BASE}<style id="s">:root{--a:teal;--b:navy;--c:gold;--d:crimson}.a{background:var(--a);background-origin:border-box}@media all{.b{background:var(--b);background-size:auto;}}</style><link rel="stylesheet" href="/variables.css">`,
		body: `<script>{const early=new CSSStyleSheet();early.replaceSync('.d{background:var(--d);background-repeat:no-repeat}');document.adoptedStyleSheets=[early];fetch('/ping').then((r)=>r.text())}</script>${BOXES}`,
		files: { '/variables.css': { body: '.d{border:var(--b) solid 9px;border-left-width:40px}', headers: { 'cache-control': 'max-age=600' } }, '/ping': 'pong' },
		async mid() {
			const { sheet } = /** @type {any} */ (document.getElementById('s'));
			sheet.insertRule('.c{background:var(--c);background-repeat:repeat-x;padding:var(--p, 8px);padding-left:0}', sheet.cssRules.length);
			await new Promise((done) => setTimeout(done, 1500));
		},
		end() {
			document.documentElement.style.setProperty('--a', 'orange');
			document.documentElement.style.setProperty('--b', 'purple');
		},
	},
	{
		name: 'styles: layers, containers, scopes, properties, nesting',
		head: `${BASE}<style>@layer low, high;@layer high{.a{background:teal}}@layer low{.a{background:red}}@property --w{syntax:"<length>";inherits:false;initial-value:70px}.b{background:navy;width:var(--w)}.box{container-type:inline-size;width:200px}@container (min-width:100px){.c{background:gold}}@scope (.scope) to (.limit){.d{background:crimson}}.nest{& > i{color:red;@media all{background:lime}}}</style>`,
		body: '<div class="a">a</div><div class="b">b</div><div class="box"><div class="c">c</div></div><div class="scope"><div class="d">d</div><div class="limit"><div class="d">e</div></div></div><div class="nest"><i>nest</i></div>',
		mid() {
			const style = document.createElement('style');
			document.head.append(style);
			const sheet = /** @type {CSSStyleSheet} */ (style.sheet);
			sheet.insertRule('@layer high{.b{background:olive}}');
			sheet.insertRule('@container (min-width:100px){.c{color:white}}', 0);
			sheet.insertRule('.nest{& > i{padding:9px}}', 0);
		},
		end() {
			const { sheet } = /** @type {any} */ (document.querySelectorAll('style')[document.querySelectorAll('style').length - 1]);
			sheet.cssRules[1].insertRule('.c{font-size:30px}', 0);
			sheet.cssRules[1].cssRules[0].style.color = 'red';
		},
	},
	{
		name: 'styles: inline styles',
		body: '<p id="p" style="color:var(--x);background:var(--y);--y:teal">text</p><p id="q">text</p><svg width="80" height="80"><rect id="r" width="80" height="80" style="fill:navy"/></svg>',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('p').style.setProperty('--y', 'orange');
			of('q').style.cssText = 'background:gold;height:50px';
			of('r').style.fill = 'crimson';
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('p').removeAttribute('style');
			of('q').attributeStyleMap?.set('height', CSS.px(90));
			of('r').style.fill = 'olive';
		},
	},
	{
		name: 'styles: rules held from before, in shadow roots and in frames',
		head: `${BASE}<style id="s">.a{background:teal}</style>`,
		body: `${BOXES}<div id="h"></div><iframe id="f" srcdoc="<style id=s>p{margin:0;height:60px;background:navy}</style><p>frame</p>" style="border:0;height:80px"></iframe>`,
		mid() {
			const w = /** @type {any} */ (window);
			const root = /** @type {any} */ (document.getElementById('h')).attachShadow({ mode: 'open' });
			root.innerHTML = '<style>p{margin:0;height:40px;background:gold}</style><p>shadow</p>';
			w.rule = root.querySelector('style').sheet.cssRules[0];
			w.rule.style.background = 'crimson';
			const frame = /** @type {any} */ (document.getElementById('f')).contentDocument;
			frame.querySelector('style').sheet.insertRule('p{background:olive!important}', 1);
		},
		async end() {
			const w = /** @type {any} */ (window);
			w.held = w.rule.style;
			await new Promise((done) => setTimeout(done, 300));
			w.held.background = 'purple';
			const frame = /** @type {any} */ (document.getElementById('f')).contentDocument;
			frame.querySelector('style').sheet.cssRules[1].style.setProperty('background', 'orange', 'important');
			const own = new (/** @type {any} */ (frame.defaultView).CSSStyleSheet)();
			own.replaceSync('p{color:white}');
			frame.adoptedStyleSheets = [own];
			await new Promise((done) => setTimeout(done, 1200));
		},
	},
];
