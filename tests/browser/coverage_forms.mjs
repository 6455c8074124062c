// Pages about the state of forms. See coverage_pages.mjs.

/** @type {import('./coverage_pages.mjs').CoveragePage[]} */
export const forms = [
	{
		name: 'fields with values that are there before',
		head: '<script>addEventListener("DOMContentLoaded", () => { i.value = "set early"; c.checked = true; d.indeterminate = true; t.value = "area set"; s.selectedIndex = 2; r2.checked = true; });</script>',
		body: '<input id="i" value="default"><input type="checkbox" id="c"><input type="checkbox" id="d" checked><textarea id="t">area default</textarea><select id="s"><option>a<option selected>b<option>c</select><input type="radio" name="r" id="r1" checked><input type="radio" name="r" id="r2"><input type="range" id="g" value="80"><input type="color" value="#cc3333"><input type="date" value="2026-02-03"><input type="submit" value="Go"><button>Button</button>',
	},
	{
		name: 'text typed and fields clicked by a person',
		body: '<input id="i" style="width:300px"><br><textarea id="t" rows="4">x</textarea><br><input type="checkbox" id="c"><input type="radio" name="r" id="r1" checked><input type="radio" name="r" id="r2"><select id="s"><option value="1">one<option value="2">two</select>',
		user: {
			async mid(page) {
				await page.type('#i', 'hello wörld');
				await page.click('#c');
				await page.click('#r2');
			},
			async end(page) {
				await page.type('#t', 'more\nlines');
				await page.select('#s', '2');
				await page.click('#c');
				await page.evaluate(() => /** @type {any} */ (document.activeElement)?.blur());
			},
		},
	},
	{
		name: 'fields set by scripts',
		body: '<input id="i" value="x"><input type="checkbox" id="c"><input type="checkbox" id="d"><input type="radio" name="r" id="r1" checked><input type="radio" name="r" id="r2"><textarea id="t">x</textarea><select id="s"><option value="a">a<option value="b">b</select><input type="range" id="g"><input type="number" id="n"><input type="color" id="k"><input type="date" id="when"><input type="time" id="at">',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('i').value = 'from a script';
			of('c').checked = true;
			of('d').indeterminate = true;
			of('r2').checked = true;
			of('t').value = 'area from a script';
			of('s').value = 'b';
			of('g').value = 90;
			of('n').valueAsNumber = 42;
			of('k').value = '#33cc33';
			of('when').value = '2026-05-06';
			of('at').value = '12:34';
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('i').value = '';
			of('c').checked = false;
			of('d').indeterminate = false;
			of('d').checked = true;
			of('r1').click();
			of('t').value = '';
			of('s').selectedIndex = -1;
			of('g').stepDown(50);
		},
	},
	{
		name: 'defaults changed: defaultValue, value attribute, type',
		body: '<input id="i" value="one"><input id="dirty" value="one"><input type="checkbox" id="c"><input id="type" value="plain"><textarea id="t">one</textarea><input id="cut" value="gone">',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('i').defaultValue = 'two';
			of('dirty').value = 'mine';
			of('dirty').setAttribute('value', 'attribute');
			of('c').setAttribute('checked', '');
			of('t').defaultValue = 'two';
			of('cut').removeAttribute('value');
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('i').setAttribute('value', 'three');
			of('type').type = 'button';
			of('t').textContent = 'three';
			of('c').removeAttribute('checked');
		},
	},
	{
		name: 'a form reset',
		body: '<form id="f"><input name="i" value="default"><input type="checkbox" name="c" checked><textarea name="t">default</textarea><select name="s"><option>a<option selected>b</select><input type="range" name="g" value="20"><button type="reset" id="reset">Reset</button></form>',
		mid() {
			const f = /** @type {any} */ (document.getElementById('f'));
			f.elements.i.value = 'changed';
			f.elements.c.checked = false;
			f.elements.t.value = 'changed';
			f.elements.s.value = 'a';
			f.elements.g.value = 100;
		},
		user: { end: (page) => page.click('#reset') },
	},
	{
		name: 'select multiple, optgroups and options that come and go',
		body: '<select id="m" multiple size="6"><optgroup label="g"><option selected>a<option>b</optgroup><option selected>c<option disabled>d</select><select id="s"><option>one</select><select id="v"><option value="x">X<option value="y" label="Y label">Y</select>',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('m').options[1].selected = true;
			of('m').options[0].selected = false;
			of('s').add(new Option('two', '2', false, true));
			of('v').selectedIndex = 1;
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('m').options[2].remove();
			of('m').append(new Option('late', 'late', true, true));
			of('s').options.length = 1;
			of('s').add(new Option('zero', '0'), 0);
			of('v').innerHTML = '<option>n1<option selected>n2';
		},
	},
	{
		name: 'contenteditable',
		body: '<div id="e" contenteditable style="outline:0;background:#fdd;padding:8px;min-height:80px">edit <b>me</b></div><p contenteditable="plaintext-only" id="p">plain</p>',
		user: {
			async mid(page) {
				await page.click('#e');
				await page.keyboard.press('End');
				await page.keyboard.type(' typed text');
			},
			async end(page) {
				await page.keyboard.press('Enter');
				await page.keyboard.type('new line');
				await page.evaluate(() => {
					/** @type {any} */ (document.activeElement)?.blur();
					/** @type {any} */ (document.getElementById('p')).contentEditable = 'false';
				});
			},
		},
	},
	{
		name: 'output, progress, meter, disabled and fieldset',
		head: '<style>:disabled { background: #c33 } progress, meter { width: 200px; height: 30px }</style>',
		body: '<output id="o">1</output><progress id="p" max="100" value="10"></progress><progress></progress><meter id="m" max="10" low="3" high="7" value="2"></meter><fieldset id="f"><input id="i" value="in"><button>b</button></fieldset>',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('o').value = '2';
			of('p').value = 70;
			of('m').value = 9;
			of('f').disabled = true;
		},
		end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('o').value = '';
			of('p').removeAttribute('value');
			of('f').disabled = false;
			of('i').disabled = true;
		},
		tolerance: 0.05,
	},
	{
		name: 'fields in shadow roots and frames',
		head: '<script>customElements.define("x-f", class extends HTMLElement { constructor() { super(); this.attachShadow({mode: "open"}).innerHTML = "<input value=start><input type=checkbox><select><option>a<option>b</select>"; } });</script>',
		body: '<x-f id="x"></x-f><iframe id="f" srcdoc="<input id=i value=start><textarea id=t></textarea>"></iframe>',
		mid() {
			const root = /** @type {any} */ (document.getElementById('x')).shadowRoot;
			root.querySelector('input').value = 'in shadow';
			const inner = /** @type {any} */ (document.getElementById('f')).contentDocument;
			inner.getElementById('i').value = 'in frame';
			inner.getElementById('t').value = 'area in frame';
		},
		end() {
			const root = /** @type {any} */ (document.getElementById('x')).shadowRoot;
			root.querySelector('[type=checkbox]').checked = true;
			root.querySelector('select').selectedIndex = 1;
		},
	},
	{
		name: 'a field that moves keeps what is in it',
		body: '<div id="a"><input id="i" value="default"><select id="s"><option>1<option>2</select><textarea id="t">x</textarea></div><div id="b"></div>',
		mid() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('i').value = 'kept';
			of('s').selectedIndex = 1;
			of('t').value = 'kept too';
		},
		async end() {
			const of = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
			of('b').append(of('i'), of('t'));
			const s = of('s');
			s.remove();
			await new Promise((done) => setTimeout(done, 300));
			of('b').append(s);
			const clone = of('i').cloneNode();
			of('b').append(clone);
		},
	},
	{
		name: 'values masked by default are as long',
		config: { privacy: { level: 'inputs' } },
		body: '<input id="i" value="abc" style="width:300px"><textarea id="t">text</textarea><input type="submit" value="Send"><div data-rv-allow><input value="seen"></div><input type="checkbox" checked>',
		mid() { /** @type {any} */ (document.getElementById('i')).value = 'longer than before'; },
		except: /<(input|textarea)(?! type="(submit|checkbox))|^ *"/,
		tolerance: 0.05,
	},
];
