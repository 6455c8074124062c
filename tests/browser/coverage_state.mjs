/* State beyond nodes: what is open, over everything, held by an animation, drawn, selected, scrolled. */

/** A picture in one colour. @param {string} fill */
const svg = (fill) => `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="${fill}"/></svg>`;
const BOX = '<style>body { margin: 0 } .box { width: 100px; height: 100px; background: teal }</style>';

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const states = [
	{
		name: 'popovers: nested, one after the other, closed',
		head: '<style>[popover] { margin: 0; border: 0; padding: 0; width: 150px; height: 120px; left: 20px; top: 20px; background: orange } #inner { left: 120px; top: 80px; background: purple }</style>',
		body: '<p>under</p><div popover id="outer">outer<div popover id="inner">inner</div></div><div popover="manual" id="m" style="top: 200px; background: green">manual</div>',
		mid() {
			/** @type {any} */ (document.getElementById('outer')).showPopover();
			/** @type {any} */ (document.getElementById('inner')).showPopover();
			/** @type {any} */ (document.getElementById('m')).showPopover();
		},
		end() {
			/** @type {any} */ (document.getElementById('outer')).hidePopover();
		},
	},
	{
		name: 'dialogs: modal, not modal, one over the other',
		/* The Replayer hides a modal dialog by its attribute, without closing it. */
		except: /<dialog/,
		head: '<style>dialog { border: 0; padding: 0; width: 160px; height: 100px; background: gold } dialog::backdrop { background: rgb(255 0 0 / .4) }</style>',
		body: '<div style="height: 200px; background: silver">page</div><dialog id="a">first</dialog><dialog id="b" style="background: lime; width: 60px">second</dialog><dialog id="c" open style="position: static; background: cyan">third</dialog>',
		mid() {
			/** @type {any} */ (document.getElementById('a')).showModal();
			/** @type {any} */ (document.getElementById('b')).showModal();
		},
		end() {
			/** @type {any} */ (document.getElementById('b')).close();
			/** @type {any} */ (document.getElementById('a')).close();
			/** @type {any} */ (document.getElementById('c')).close();
			/** @type {any} */ (document.getElementById('a')).show();
		},
	},
	{
		name: 'details opened and closed',
		body: '<details id="a"><summary>a</summary><div style="height: 80px; background: teal">x</div></details><details id="b" open><summary>b</summary><div style="height: 80px; background: tomato">y</div></details>',
		mid() {
			/** @type {any} */ (document.getElementById('a')).open = true;
			/** @type {any} */ (document.getElementById('b')).open = false;
		},
		end() {
			document.getElementById('b')?.querySelector('summary')?.click();
		},
	},
	{
		name: 'what scripted animations hold at their end',
		head: BOX,
		body: '<div class="box" id="a"></div><div class="box" id="b"></div><div class="box" id="c" style="background: navy"></div>',
		async mid() {
			await Promise.all([
				document.getElementById('a')?.animate({ transform: ['none', 'translateX(200px)'] }, { duration: 30, fill: 'forwards' }).finished,
				document.getElementById('b')?.animate({ backgroundColor: ['red', 'blue', 'red'] }, { duration: 30, fill: 'both', iterations: 1.5 }).finished,
				document.getElementById('c')?.animate({ opacity: 0 }, { duration: 30 }).finished,
			]);
			await new Promise((next) => setTimeout(next, 400));
		},
		async end() {
			for (const animation of document.getElementById('a')?.getAnimations() ?? []) animation.cancel();
			const paused = /** @type {Animation} */ (document.getElementById('c')?.animate({ marginLeft: ['0px', '300px'] }, 1000));
			paused.pause();
			paused.currentTime = 500;
			await new Promise((next) => setTimeout(next, 400));
		},
	},
	{
		name: 'an animation that ended before recording began',
		head: `${BOX}<script>addEventListener('DOMContentLoaded', () => document.getElementById('a').animate({ transform: 'translate(150px, 100px)' }, { duration: 1, fill: 'forwards' }));</script>`,
		body: '<div class="box" id="a"></div>',
		mid: () => new Promise((next) => setTimeout(next, 700)),
	},
	{
		name: 'styles that an animation committed',
		head: BOX,
		body: '<div class="box" id="a"></div>',
		async mid() {
			const animation = /** @type {Animation} */ (document.getElementById('a')?.animate({ width: '300px' }, { duration: 20, fill: 'forwards' }));
			await animation.finished;
			animation.commitStyles();
			animation.cancel();
			await new Promise((next) => setTimeout(next, 300));
		},
	},
	{
		name: 'the end of a view transition',
		head: BOX,
		body: '<div class="box" id="a"></div>',
		async mid() {
			await /** @type {any} */ (document).startViewTransition(() => {
				/** @type {any} */ (document.getElementById('a')).style.background = 'crimson';
				document.body.insertAdjacentHTML('beforeend', '<div class="box" style="margin-left: 200px"></div>');
			}).finished;
		},
	},
	{
		name: 'canvases drawn in two dimensions',
		head: '<style>body { margin: 0 } canvas { display: block }</style>',
		body: '<canvas id="a" width="200" height="100" style="width: 200px; height: 100px"></canvas><canvas id="b" width="60" height="60" style="width: 200px; height: 100px"></canvas>',
		config: { capture: { canvas: true } },
		async mid() {
			for (const [id, fill] of [['a', 'teal'], ['b', 'orange']]) {
				const c = /** @type {any} */ (document.getElementById(id)).getContext('2d');
				c.fillStyle = fill;
				c.fillRect(0, 0, 300, 50);
			}
			await new Promise((next) => setTimeout(next, 3500));
		},
		async end() {
			const c = /** @type {any} */ (document.getElementById('a')).getContext('2d');
			c.fillStyle = 'black';
			c.fillRect(20, 20, 60, 60);
			await new Promise((next) => setTimeout(next, 3500));
		},
	},
	{
		name: 'pictures behind blob: addresses',
		head: '<style>body { margin: 0 } img { display: block; width: 100px; height: 100px }</style>',
		body: '<img id="a"><svg width="100" height="100"><image id="s" width="100" height="100"/></svg>',
		except: /blob:|data:image/,
		async mid() {
			const make = async (/** @type {string} */ fill) => {
				const canvas = document.createElement('canvas');
				canvas.width = canvas.height = 40;
				const c = /** @type {any} */ (canvas.getContext('2d'));
				c.fillStyle = fill;
				c.fillRect(0, 0, 40, 40);
				return URL.createObjectURL(/** @type {Blob} */ (await new Promise((done) => canvas.toBlob((blob) => done(/** @type {Blob} */ (blob))))));
			};
			const a = /** @type {any} */ (document.getElementById('a'));
			a.src = await make('teal');
			document.getElementById('s')?.setAttribute('href', await make('orange'));
			await a.decode();
			URL.revokeObjectURL(a.src);
			await new Promise((next) => setTimeout(next, 1200));
		},
	},
	{
		name: 'scrolled: page, elements, shadow trees, frames',
		head: '<style>html { scrollbar-width: none } body { margin: 0; height: 1500px; background: linear-gradient(red, blue) } .s { width: 100px; height: 80px; overflow: auto; background: white } .s > div, .s > slot { display: block; height: 400px; width: 300px; background: linear-gradient(white, black) } iframe { border: 0; width: 120px; height: 80px }</style>',
		body: '<div class="s" id="a"><div></div></div><div id="host"></div><iframe id="f" srcdoc="<body style=\'margin:0;height:600px;background:linear-gradient(lime,maroon)\'>"></iframe>',
		async mid() {
			const root = /** @type {any} */ (document.getElementById('host')).attachShadow({ mode: 'open' });
			root.innerHTML = '<div id="in" style="width: 90px; height: 70px; overflow: scroll"><div style="height: 500px; background: linear-gradient(yellow, green)"></div></div>';
			await new Promise((next) => setTimeout(next, 150));
			window.scrollTo(0, 60);
			root.getElementById('in').scrollTop = 200;
			/** @type {any} */ (document.getElementById('a')).scrollTo(50, 120);
			/** @type {any} */ (document.getElementById('f')).contentWindow.scrollTo(0, 250);
			await new Promise((next) => setTimeout(next, 400));
		},
		async end() {
			window.scrollTo(0, 30);
			/** @type {any} */ (document.getElementById('a')).scrollTop = 300;
			/* Time for the Replayer, which scrolls smoothly and plays faster here. */
			await new Promise((next) => setTimeout(next, 4000));
			console.log('scrolled');
		},
	},
	{
		name: 'selected text',
		head: '<style>body { margin: 0; font: 30px/40px monospace } ::selection { background: black; color: white }</style>',
		body: '<p id="a">one two three four</p><p id="b">five six seven</p>',
		async mid() {
			getSelection()?.setBaseAndExtent(/** @type {any} */ (document.getElementById('a')).firstChild, 4, /** @type {any} */ (document.getElementById('b')).firstChild, 8);
			await new Promise((next) => setTimeout(next, 400));
		},
		async end() {
			getSelection()?.removeAllRanges();
			await new Promise((next) => setTimeout(next, 400));
		},
	},
	{
		name: 'focus, also inside a shadow tree',
		head: '<style>body { margin: 0 } input { display: block; width: 200px; height: 60px; border: 0; background: silver } input:focus { background: teal; outline: 0 }</style>',
		body: '<input id="a"><div id="host"><template shadowrootmode="open"><style>input { width: 200px; height: 50px; border: 0 } input:focus { background: orange; outline: 0 }</style><input id="x"><input id="y"></template></div>',
		mid() {
			document.getElementById('a')?.focus();
			document.getElementById('a')?.blur();
		},
		async end() {
			const root = /** @type {any} */ (document.getElementById('host')?.shadowRoot);
			root.getElementById('x').focus();
			await new Promise((next) => setTimeout(next, 100));
			root.getElementById('y').focus();
		},
	},
	{
		name: 'pictures in data: addresses',
		head: '<style>body { margin: 0 } #b { width: 100px; height: 100px }</style>',
		body: `<img id="a" src="data:image/svg+xml,${encodeURIComponent(svg('teal'))}"><div id="b"></div>`,
		mid() {
			const data = /** @type {any} */ (document.getElementById('a')).src;
			/** @type {any} */ (document.getElementById('b')).style.backgroundImage = `url("${data.replace('teal', 'orange')}")`;
		},
	},
];
