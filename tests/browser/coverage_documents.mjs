// Pages about documents and their nodes. See coverage_pages.mjs.

const BOX = '<style>div, p, section, li { padding: 4px } .a { background: #c33; height: 60px } .b { background: #3c3; height: 60px } .c { background: #33c; height: 60px }</style>';

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const documents = [
	{
		name: 'text, attributes and lists that change',
		head: BOX,
		body: '<div id="a" class="a">one</div><ul id="list"><li>1<li>2<li>3</ul>',
		mid() {
			const a = /** @type {HTMLElement} */ (document.getElementById('a'));
			a.className = 'b';
			a.title = 'changed';
			/** @type {Text} */ (a.firstChild).data = 'two';
			const list = /** @type {HTMLElement} */ (document.getElementById('list'));
			list.append(/** @type {Node} */ (list.firstChild));
			list.insertAdjacentHTML('beforeend', '<li class="c">4');
		},
		end() {
			document.getElementById('list')?.replaceChildren('no items');
			document.getElementById('a')?.removeAttribute('title');
			document.body.insertAdjacentHTML('afterbegin', '<section class="c">first</section>');
		},
	},
	{
		name: 'quirks mode without a doctype',
		html: '<html><head><title>q</title>{{widget}}</head><body><table width="50%"><tr><td style="font-size:20px"><div style="width:120;height:100;background:#c33">x</div></table><p style="height:50%;background:#33c">half</p></body></html>',
		mid() { document.body.insertAdjacentHTML('beforeend', '<div style="height:30;width:200;background:#393">unitless</div>'); },
	},
	{
		name: 'limited quirks by a transitional doctype',
		html: '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html><head><title>t</title>{{widget}}</head><body><table><tr><td style="background:#c33"><img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 width=%2290%22 height=%2290%22/%3E"></table><p>after</p></body></html>',
		mid() { document.body.append('more'); },
	},
	{
		name: 'comments, processing instructions and CDATA of an XHTML document',
		type: 'application/xhtml+xml',
		html: '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>{{widget}}</head><body><!-- comment --><p>text <![CDATA[<in> & cdata]]></p><?target some data?><div id="d" style="background:#c33;height:80px">x</div></body></html>',
		mid() {
			const d = /** @type {HTMLElement} */ (document.getElementById('d'));
			d.append(document.createComment('new'), 'tail');
			d.append(document.implementation.createDocument(null, 'r').createCDATASection(' & raw'));
			d.append(document.createProcessingInstruction('go', 'now'));
		},
		except: /^ *<!--"(some data|now)/,
	},
	{
		name: 'SVG with xlink, foreignObject, use and text',
		body: '<svg id="s" width="300" height="200" viewBox="0 0 300 200" xmlns:xlink="http://www.w3.org/1999/xlink"><defs><linearGradient id="g"><stop stop-color="#c33"/></linearGradient><rect id="r" width="60" height="60"/></defs><use xlink:href="#r" x="10" y="10" fill="url(#g)"/><foreignObject x="100" y="10" width="120" height="60"><div style="background:#33c;height:60px">in svg</div></foreignObject><a xlink:href="#x"><text x="10" y="120">text</text></a></svg>',
		mid() {
			const s = /** @type {any} */ (document.getElementById('s'));
			const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
			for (const [n, v] of Object.entries({ cx: 150, cy: 140, r: 50, fill: '#393' })) circle.setAttribute(n, String(v));
			s.append(circle);
			const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
			use.setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', '#r');
			use.setAttribute('x', '220');
			s.append(use);
		},
		end() {
			const s = /** @type {any} */ (document.getElementById('s'));
			s.querySelector('use').setAttributeNS('http://www.w3.org/1999/xlink', 'xlink:href', '#g2');
			s.setAttribute('viewBox', '0 0 150 100');
			s.querySelector('use').setAttribute('href', '#r');
		},
	},
	{
		name: 'MathML',
		body: '<p style="font-size:30px">x = <math id="m"><mfrac><mrow><mo>-</mo><mi>b</mi></mrow><mrow><mn>2</mn><mi>a</mi></mrow></mfrac></math></p>',
		mid() { document.getElementById('m')?.querySelector('mn')?.replaceChildren('4'); },
		tolerance: 0.03,
		except: /<(math|m[a-z]+)\b/,
	},
	{
		name: 'odd attribute names',
		head: BOX + '<style>[\\@click] { background: #c33 } [\\:key="7"] { height: 70px } [on\\:save] { color: #33c } [données] { background: #393 } [once] { border: 5px solid }</style>',
		body: '<div @click="go" :key="7" v-on:x.stop="y">vue</div><div on:save="x">svelte</div><p données="ü" once>unicode</p><p id="p" a"b="1" (click)="y" [x]="1" #ref *if="z" _x $y="2">odd</p>',
		mid() {
			const p = /** @type {HTMLElement} */ (document.getElementById('p'));
			p.innerHTML = '<b @click="z" {x} y~z="1">late</b>';
			p.setAttribute('data-π', '3');
		},
		end() {
			document.querySelector('[\\@click]')?.removeAttribute('@click');
			const made = document.createElement('div');
			made.innerHTML = '<i @new="1" .prop="2"></i>';
			const at = /** @type {Attr} */ (made.firstElementChild?.attributes[0].cloneNode());
			at.value = 'moved';
			document.querySelector('p')?.setAttributeNode(at);
		},
	},
	{
		name: 'lone surrogates, controls and long text',
		body: '<p id="p">a\u0001b</p><p id="q"></p>',
		mid() {
			const p = /** @type {HTMLElement} */ (document.getElementById('p'));
			p.textContent = 'x\ud800y\u200b\u2028';
			p.title = '\udc00';
			/** @type {HTMLElement} */ (document.getElementById('q')).textContent = 'long '.repeat(20_000);
		},
		end() { /** @type {HTMLElement} */ (document.getElementById('q')).textContent = '\ud83d\ude00 \\u0000 "\'<&>'; },
	},
	{
		name: 'template content and what is made of it',
		head: BOX,
		body: '<template id="t"><div class="a">from a template</div></template><main></main>',
		mid() { document.querySelector('main')?.append(/** @type {HTMLTemplateElement} */ (document.getElementById('t')).content.cloneNode(true)); },
		end() {
			const t = /** @type {HTMLTemplateElement} */ (document.getElementById('t'));
			t.content.append('late');
			t.append('a child of the template itself');
			document.querySelector('main')?.append(t.content);
		},
	},
	{
		name: 'noscript',
		head: BOX + '<noscript><style>p { color: red }</style></noscript>',
		body: '<noscript><img src="/pixel.png">no script</noscript><p class="b">here</p>',
		mid() {
			const n = document.createElement('noscript');
			n.innerHTML = '<b>late</b>';
			document.body.prepend(n);
		},
	},
	{
		name: 'base and relative addresses',
		files: { '/deep/box.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><rect width="100" height="60" fill="#c33"/></svg>', '/other/box.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><rect width="100" height="60" fill="#33c"/></svg>' },
		head: '<base href="/deep/">',
		body: '<img src="box.svg"><a href="x">link</a><div id="d"></div>',
		mid() { /** @type {HTMLElement} */ (document.getElementById('d')).innerHTML = '<img src="box.svg"><div style="background:url(box.svg);height:60px"></div>'; },
	},
	{
		name: 'base that comes and changes later',
		files: { '/deep/box.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><rect width="100" height="60" fill="#c33"/></svg>', '/other/box.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><rect width="100" height="60" fill="#33c"/></svg>' },
		body: '<div id="d">x</div>',
		async mid() {
			const base = document.createElement('base');
			base.href = '/deep/';
			document.head.append(base);
			const image = new Image();
			image.src = 'box.svg';
			document.body.append(image);
			await image.decode();
		},
		async end() {
			/** @type {HTMLBaseElement} */ (document.querySelector('base')).href = '/other/';
			const image = new Image();
			image.src = 'box.svg';
			document.body.append(image);
			await image.decode();
		},
		except: /<base/,
	},
	{
		name: 'document.open, write and close',
		head: BOX,
		body: '<div class="a">before</div>',
		mid() {
			document.open();
			document.write('<!doctype html><title>new</title><style>.n { background: #c3c; height: 120px }</style><div class="n" id="n">written</div><input id="i">');
			document.close();
		},
		end() {
			document.getElementById('n')?.append(' and changed');
			/** @type {HTMLInputElement} */ (document.getElementById('i')).value = 'typed';
			document.getElementById('i')?.dispatchEvent(new Event('input', { bubbles: true }));
		},
	},
	{
		name: 'the root element replaced',
		head: BOX,
		body: '<div class="a">old</div>',
		mid() {
			const html = document.createElement('html');
			html.innerHTML = '<head><style>body { background: #cc3 }</style></head><body><p id="p">another root</p></body>';
			document.replaceChild(html, document.documentElement);
		},
		end() {
			document.body.remove();
			const body = document.createElement('body');
			body.innerHTML = '<div style="background:#3cc;height:100px">another body</div>';
			document.documentElement.append(body);
			document.documentElement.lang = 'de';
		},
	},
	{
		name: 'nodes changed while detached, and moved subtrees',
		head: BOX,
		body: '<section id="x"><div class="a">a</div><div class="b">b</div><div class="c">c</div></section><section id="y"></section>',
		async mid() {
			const [x, y] = ['x', 'y'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
			const a = /** @type {HTMLElement} */ (x.firstElementChild);
			a.remove();
			await new Promise((done) => setTimeout(done, 300));
			a.textContent = 'changed outside';
			a.className = 'c';
			a.append(document.createElement('hr'));
			await new Promise((done) => setTimeout(done, 100));
			y.append(a);
		},
		end() {
			const [x, y] = ['x', 'y'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
			y.prepend(...[...x.children].reverse());
			const wrap = document.createElement('div');
			y.before(wrap);
			wrap.append(y);
			x.append(wrap);
			/** @type {HTMLElement} */ (y.firstElementChild).append(' moved');
		},
	},
	{
		name: 'split, merged and empty text nodes',
		body: '<p id="p">abcdef</p>',
		mid() {
			const text = /** @type {Text} */ (document.getElementById('p')?.firstChild);
			text.splitText(3).splitText(1);
			document.getElementById('p')?.append('', document.createTextNode(''), 'x');
		},
		end() {
			document.getElementById('p')?.normalize();
			/** @type {Text} */ (document.getElementById('p')?.firstChild).appendData(' tail');
		},
	},
	{
		name: 'a large table built, sorted and filtered',
		head: '<style>td { background: #ddd; width: 60px } tr:nth-child(3n) td { background: #c33 } .off { display: none }</style>',
		body: '<table><tbody></tbody></table>',
		mid() {
			const body = /** @type {HTMLElement} */ (document.querySelector('tbody'));
			body.innerHTML = Array.from({ length: 400 }, (_, i) => `<tr data-i="${(i * 7919) % 400}"><td>${(i * 7919) % 400}</td><td>x</td></tr>`).join('');
		},
		end() {
			const body = /** @type {HTMLElement} */ (document.querySelector('tbody'));
			const rows = /** @type {any[]} */ ([...body.children]).sort((a, b) => a.dataset.i - b.dataset.i);
			body.append(...rows);
			rows.forEach((row, i) => row.classList.toggle('off', i % 4 === 1));
			rows[5].remove();
		},
	},
	{
		name: 'nodes beside head and body',
		head: BOX,
		body: '<div class="a">a</div>',
		mid() {
			document.documentElement.append(document.createComment('after body'));
			document.documentElement.insertAdjacentHTML('beforeend', '<div class="b">after body</div>');
			document.append(document.createComment('after html'));
			document.insertBefore(document.createComment('before html'), document.documentElement);
		},
	},
];
