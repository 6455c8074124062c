// Pages about shadow trees, custom elements and frames. See coverage_pages.mjs.

const BOX = '<style>.a { background: #c33; height: 60px } .b { background: #3c3; height: 60px } .c { background: #33c; height: 60px } iframe { border: 0; width: 200px; height: 120px; background: #eee }</style>';
const box = (/** @type {string} */ color, /** @type {string} */ text) => `<!doctype html><body style='margin:0'><p id='p' style='margin:0;height:60px;background:${color}'>${text}</p></body>`;

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const trees = [
	{
		name: 'open shadow roots with slots',
		head: BOX + '<script>customElements.define("x-card", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<style>:host{display:block;border:6px solid #c33} ::slotted(b){color:#33c} .t{background:#cc3;height:40px}</style><div class=t><slot name=title>no title</slot></div><slot></slot>"; } });</script>',
		body: '<x-card id="x"><b slot="title">Title</b>text</x-card><x-card id="y"></x-card><div id="plain"></div>',
		mid() {
			document.getElementById('y')?.append('late', Object.assign(document.createElement('b'), { slot: 'title', textContent: 'Late title' }));
			const root = /** @type {HTMLElement} */ (document.getElementById('plain')).attachShadow({ mode: 'open' });
			root.innerHTML = '<div style="background:#3c3;height:50px">plain root <slot></slot></div>';
		},
		end() {
			/** @type {HTMLElement} */ (document.querySelector('[slot]')).slot = '';
			const root = /** @type {ShadowRoot} */ (document.getElementById('plain')?.shadowRoot);
			root.append(document.createElement('hr'), 'more');
			/** @type {HTMLElement} */ (root.firstElementChild).style.background = '#c3c';
		},
	},
	{
		name: 'closed shadow roots',
		head: BOX + '<script>window.roots = new Map(); customElements.define("x-closed", class extends HTMLElement { constructor() { super(); const root = this.attachShadow({mode: "closed"}); roots.set(this, root); root.innerHTML = "<div style=\'background:#c33;height:60px\'>closed <slot></slot></div><input value=in>"; } });</script>',
		body: '<x-closed id="x">slotted</x-closed><div id="late"></div>',
		mid() {
			const { roots } = /** @type {any} */ (window);
			const late = /** @type {HTMLElement} */ (document.getElementById('late'));
			const root = late.attachShadow({ mode: 'closed' });
			roots.set(late, root);
			root.innerHTML = '<p style="background:#33c;height:60px">late closed</p>';
			roots.get(document.getElementById('x')).querySelector('input').value = 'changed';
		},
		end() {
			const { roots } = /** @type {any} */ (window);
			const x = /** @type {any} */ (document.getElementById('x'));
			roots.get(x).firstChild.append(' changed');
			x.remove();
			document.body.append(x);
		},
	},
	{
		name: 'closed roots made before their host is in the page',
		head: BOX,
		body: '<main></main>',
		mid() {
			const w = /** @type {any} */ (window);
			w.roots = new Map();
			const host = document.createElement('section');
			const root = host.attachShadow({ mode: 'closed' });
			w.roots.set(host, root);
			const inner = document.createElement('div');
			const deep = inner.attachShadow({ mode: 'closed' });
			w.roots.set(inner, deep);
			deep.innerHTML = '<div style="background:#c33;height:100px">deep</div>';
			root.append(inner);
			document.querySelector('main')?.append(host);
		},
		end() { /** @type {any} */ (window).roots.get(document.querySelector('section')).append(Object.assign(document.createElement('p'), { textContent: 'more', className: 'x' })); },
	},
	{
		name: 'declarative shadow roots',
		head: BOX,
		body: '<div id="d"><template shadowrootmode="open"><style>p { background: #c33; height: 60px }</style><p>declared <slot></slot></p></template>slotted</div><main></main>',
		mid() {
			const main = /** @type {any} */ (document.querySelector('main'));
			main.setHTMLUnsafe?.('<section><template shadowrootmode="open"><div style="background:#33c;height:60px">set later</div></template></section>');
		},
		end() { document.getElementById('d')?.shadowRoot?.append('changed'); },
	},
	{
		name: 'closed declarative roots of custom elements that ask for them',
		head: BOX + '<script>window.roots = {get: (host) => host.internals?.shadowRoot}; customElements.define("x-declared", class extends HTMLElement { constructor() { super(); this.internals = this.attachInternals(); } });</script>',
		body: '<x-declared id="x"><template shadowrootmode="closed"><div style="background:#c33;height:80px">declared and closed</div></template></x-declared>',
		mid() { /** @type {any} */ (window).roots.get(document.getElementById('x')).firstChild.append(' changed'); },
	},
	{
		name: 'manual slot assignment',
		head: BOX,
		body: '<div id="h"><b id="one">one</b><b id="two">two</b></div>',
		mid() {
			const h = /** @type {HTMLElement} */ (document.getElementById('h'));
			const root = h.attachShadow({ mode: 'open', slotAssignment: 'manual' });
			root.innerHTML = '<div style="background:#c33;min-height:50px"><slot id="s1"></slot></div><div style="background:#33c;min-height:50px"><slot id="s2"></slot></div>';
			/** @type {any} */ (root.getElementById('s2')).assign(document.getElementById('one'));
		},
		end() {
			const root = /** @type {ShadowRoot} */ (document.getElementById('h')?.shadowRoot);
			/** @type {any} */ (root.getElementById('s1')).assign(document.getElementById('two'), document.getElementById('one'));
		},
		except: /<(slot|b) /,
	},
	{
		name: 'custom elements defined late',
		head: BOX + '<style>x-late { display: block; height: 60px; background: #c33 } x-late:defined { background: #3c3 } x-never:not(:defined) { display: block; background: #33c; height: 40px }</style>',
		body: '<x-late id="x">late</x-late><x-never>never</x-never>',
		mid() { document.body.append(document.createElement('x-late')); },
		end() {
			customElements.define('x-late', class extends HTMLElement {
				constructor() {
					super();
					this.attachShadow({ mode: 'open' }).innerHTML = '<i>upgraded</i><slot></slot>';
				}
			});
		},
	},
	{
		name: 'nested hosts that move',
		head: BOX + '<script>customElements.define("x-in", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<div style=\'background:#cc3;height:40px\'>inner</div><slot></slot>"; } }); customElements.define("x-out", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<x-in><slot></slot></x-in>"; } });</script>',
		body: '<x-out id="o"><span>light</span></x-out><section id="to"></section>',
		mid() {
			const o = /** @type {HTMLElement} */ (document.getElementById('o'));
			document.getElementById('to')?.append(o);
			const inner = /** @type {any} */ (o.shadowRoot?.firstChild);
			inner.shadowRoot.firstChild.style.background = '#c33';
		},
		end() {
			const o = /** @type {any} */ (document.getElementById('o'));
			const inner = o.shadowRoot.firstChild;
			document.body.append(inner);
			o.shadowRoot.append(document.createElement('x-out'));
			const clone = o.cloneNode(true);
			document.body.prepend(clone);
		},
	},
	{
		name: 'style sheets adopted by shadow roots',
		head: BOX + '<script>const sheet = new CSSStyleSheet(); sheet.replaceSync("p { background: #c33; height: 60px; margin: 0 }"); addEventListener("DOMContentLoaded", () => { for (const h of document.querySelectorAll(".h")) { const r = h.attachShadow({mode: "open"}); r.innerHTML = "<p>shared</p>"; r.adoptedStyleSheets = [sheet]; } });</script>',
		body: '<div class="h"></div><div class="h"></div>',
		mid() {
			// @ts-ignore the page's
			sheet.insertRule('p { color: #fff }', 1);
			const own = new CSSStyleSheet();
			own.replaceSync('p { border: 10px solid #33c }');
			// @ts-ignore the page's
			/** @type {ShadowRoot} */ (document.querySelector('.h')?.shadowRoot).adoptedStyleSheets = [sheet, own];
		},
		end() {
			// @ts-ignore the page's
			sheet.replaceSync('p { background: #3c3; height: 90px }');
			document.adoptedStyleSheets.push(Object.assign(new CSSStyleSheet(), { disabled: false }));
		},
	},
	{
		name: 'frames by srcdoc, about:blank and address',
		head: BOX,
		files: { '/inner': box('#3c3', 'by address') },
		body: `<iframe srcdoc="${box('#c33', 'srcdoc')}"></iframe><iframe id="blank"></iframe><iframe src="/inner" id="address"></iframe>`,
		mid() {
			const inner = /** @type {any} */ (document.getElementById('blank')).contentDocument;
			inner.body.innerHTML = '<div style="background:#33c;height:80px">written into about:blank</div>';
			/** @type {any} */ (document.querySelector('iframe')).contentDocument.getElementById('p').append(' changed');
		},
		end() {
			/** @type {any} */ (document.getElementById('address')).contentDocument.body.append('tail');
			/** @type {any} */ (document.getElementById('blank')).contentDocument.body.style.background = '#cc3';
		},
		except: /#document (BackCompat|CSS1Compat)/, // sought for, the Replayer makes no frame quirky
	},
	{
		name: 'frames written by document.write',
		head: BOX,
		body: '<iframe id="f"></iframe>',
		mid() {
			const inner = /** @type {any} */ (document.getElementById('f')).contentDocument;
			inner.open();
			inner.write('<!doctype html><style>body { margin: 0 }</style><div id="d" style="background:#c33;height:70px">written</div>');
			inner.close();
		},
		end() {
			const inner = /** @type {any} */ (document.getElementById('f')).contentDocument;
			inner.getElementById('d').style.background = '#33c';
			inner.body.append(Object.assign(inner.createElement('input'), { value: 'late' }));
		},
	},
	{
		name: 'a frame that navigates',
		head: BOX,
		files: { '/one': box('#c33', 'one'), '/two': box('#33c', 'two') + '<iframe srcdoc="<em>deep</em>"></iframe>' },
		body: '<iframe id="f" src="/one"></iframe>',
		async mid() {
			const f = /** @type {HTMLIFrameElement} */ (document.getElementById('f'));
			await new Promise((done) => {
				f.onload = done;
				f.src = '/two';
			});
			while (!/** @type {any} */ (f.contentDocument?.querySelector('iframe'))?.contentDocument?.querySelector('em')) await new Promise((done) => setTimeout(done, 20));
		},
		async end() {
			const f = /** @type {any} */ (document.getElementById('f'));
			await new Promise((done) => {
				f.onload = done;
				f.contentWindow.location.href = '/one';
			});
			f.contentDocument.getElementById('p').append(' again');
		},
	},
	{
		name: 'frames removed, added again and moved',
		head: BOX,
		body: `<iframe id="f" srcdoc="${box('#c33', 'goes')}"></iframe><section id="to"></section>`,
		async mid() {
			const f = /** @type {HTMLIFrameElement} */ (document.getElementById('f'));
			f.remove();
			await new Promise((done) => setTimeout(done, 200));
			const loaded = new Promise((done) => (f.onload = done));
			document.getElementById('to')?.append(f);
			await loaded;
			/** @type {any} */ (f.contentDocument).getElementById('p').append(' and comes');
		},
		async end() {
			document.getElementById('f')?.remove();
			const late = document.createElement('iframe');
			document.body.prepend(late);
			/** @type {any} */ (late.contentDocument).body.innerHTML = '<div style="background:#3c3;height:50px">new frame</div>';
		},
		except: /#document (BackCompat|CSS1Compat)/, // sought for, the Replayer makes no frame quirky
	},
	{
		name: 'sandboxed frames',
		head: BOX,
		body: `<iframe sandbox="allow-same-origin" id="same" srcdoc="${box('#c33', 'same origin')}"></iframe><iframe sandbox srcdoc="${box('#fff', '')}"></iframe>`,
		mid() { /** @type {any} */ (document.getElementById('same')).contentDocument.getElementById('p').textContent = 'changed'; },
		except: /^ *<iframe[^>]*>$/,
		tolerance: 0.2,
	},
	{
		name: 'frames inside shadow roots',
		head: BOX,
		body: '<div id="h"></div>',
		async mid() {
			const root = /** @type {HTMLElement} */ (document.getElementById('h')).attachShadow({ mode: 'open' });
			root.innerHTML = '<style>iframe { border: 0; height: 90px }</style><iframe srcdoc="<body style=\'margin:0;background:#c33\'><p id=p>framed in shadow"></iframe>';
			const f = /** @type {HTMLIFrameElement} */ (root.querySelector('iframe'));
			await new Promise((done) => (f.onload = done));
		},
		end() { /** @type {any} */ (document.getElementById('h')?.shadowRoot?.querySelector('iframe')).contentDocument.getElementById('p').append(' changed'); },
	},
	{
		name: 'documents of object and embed',
		head: BOX + '<style>object, embed { width: 200px; height: 100px }</style>',
		files: { '/inner': box('#3c3', 'in object'), '/pic.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#c3c"/></svg>' },
		body: '<object data="/inner" type="text/html" id="o"></object><embed src="/pic.svg" type="image/svg+xml">',
		mid() { document.getElementById('o')?.after('after'); },
	},
	{
		name: 'a frameset',
		html: `<!doctype html><html><head><title>frames</title>{{widget}}</head><frameset cols="50%,50%" border="0" frameborder="0"><frame src="/left" id="l"><frame src="/right"></frameset></html>`,
		files: { '/left': box('#c33', 'left'), '/right': box('#33c', 'right') },
		mid() { /** @type {any} */ (document.getElementById('l')).contentDocument.getElementById('p').append(' changed'); },
		except: /<(frame|frameset|iframe|body|div border)/,
	},
];
