// The demo shop: a small app with the things that go right and wrong in real ones.
(() => {
	'use strict';
	const page = document.body.dataset.page;
	const main = document.getElementById('main');
	const said = document.querySelector('[data-said]');
	const who = document.getElementById('who');
	const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });
	const load = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
	const save = (key, value) => localStorage.setItem(key, JSON.stringify(value));
	const say = (text) => { said.textContent = text; };
	/** @returns an element: tag, properties, children (text or elements) */
	const el = (tag, props = {}, ...children) => {
		const node = Object.assign(document.createElement(tag), props);
		node.append(...children);
		return node;
	};

	let basket = load('fernweh.basket', {});
	let products = [];
	const countBasket = () => { document.querySelector('[data-basket-count]').textContent = Object.values(basket).reduce((a, b) => a + b, 0); };

	// ---- who ----
	const user = () => load('fernweh.user', 'demo-user');
	const identify = () => {
		const id = user();
		who.value = id;
		Rearview.identify({ id, email: `${id}@example.com`, firstName: id === 'demo-user' ? 'Robin' : id, lastName: 'Meyer', subscriptionStatus: 'trialing', plan: 'trail', appVersion: '4.2.0' });
	};
	document.querySelector('[data-who]').addEventListener('submit', (event) => {
		event.preventDefault();
		save('fernweh.user', who.value.trim() || 'demo-user');
		identify();
		say(`You are now ${user()}.`);
	});
	identify();

	document.querySelector(`[data-nav="${page}"]`)?.setAttribute('aria-current', 'page');
	countBasket();

	// ---- shop ----
	function shop() {
		const list = el('ul', { className: 'grid' });
		const search = el('input', { type: 'search', placeholder: 'Search the shop', ariaLabel: 'Search the shop' });
		const sort = el('select', { ariaLabel: 'Sort by' }, el('option', { value: 'name' }, 'Name'), el('option', { value: 'price' }, 'Price'), el('option', { value: 'stock' }, 'In stock'));
		main.replaceChildren(el('h1', {}, 'Out there is closer than you think'), el('p', { className: 'lead' }, 'Eight things we would not leave at home.'), el('div', { className: 'tools' }, search, sort), list);

		const cards = new Map();
		function card(product) {
			const stock = el('span', { className: 'stock' });
			const add = el('button', { type: 'button', className: 'main' }, 'Add');
			add.addEventListener('click', () => {
				basket[product.id] = (basket[product.id] ?? 0) + 1;
				save('fernweh.basket', basket);
				countBasket();
				add.textContent = 'Added';
				setTimeout(() => { add.textContent = 'Add'; }, 900);
				console.info('basket: added', { id: product.id, price: product.price, quantity: basket[product.id] });
			});
			const picture = el('div', { className: 'pic' }, el('img', { src: product.image, alt: '' }));
			picture.style.background = product.tint;
			const node = el('li', { className: 'item' }, picture, el('div', { className: 'text' },
				el('div', { className: 'row' }, el('h2', {}, product.name), el('span', { className: 'price' }, money.format(product.price))),
				el('p', {}, product.text), el('div', { className: 'row' }, stock, add)));
			const show = () => { stock.textContent = `${product.stock} left`; stock.classList.toggle('low', product.stock < 5); };
			show();
			return { node, show };
		}
		function draw() {
			const words = search.value.toLowerCase();
			const by = sort.value;
			const shown = products.filter((p) => `${p.name} ${p.text}`.toLowerCase().includes(words)).sort((a, b) => (by === 'name' ? a.name.localeCompare(b.name) : a[by] - b[by]));
			for (const p of products) if (!cards.has(p.id)) cards.set(p.id, card(p));
			list.replaceChildren(...(shown.length ? shown.map((p) => cards.get(p.id).node) : [el('li', { className: 'empty' }, 'Nothing matches that. Try a shorter word.')]));
		}
		search.addEventListener('input', draw);
		sort.addEventListener('change', draw);
		fetch('products.json').then((r) => r.json()).then((answer) => { products = answer.products; draw(); }).catch((error) => console.error('products could not be loaded', error));
		// Other people shop too: stock changes by itself.
		setInterval(() => {
			const product = products[Math.floor(Math.random() * products.length)];
			if (!product) return;
			product.stock = product.stock > 1 ? product.stock - 1 : 12;
			cards.get(product.id)?.show();
		}, 2500);
	}

	// ---- checkout ----
	function checkout() {
		const lines = el('div');
		const form = el('form', { className: 'panel', noValidate: true });
		const field = (label, props) => { const input = el('input', props); input.id = props.name; return el('div', { className: 'field' }, el('label', { htmlFor: props.name }, label), input); };
		form.append(el('h2', {}, 'Delivery and payment'),
			el('div', { className: 'two' }, field('Name', { name: 'name', autocomplete: 'name' }), field('E-mail', { name: 'email', type: 'email', autocomplete: 'email' })),
			field('Street and number', { name: 'street', autocomplete: 'street-address' }),
			el('div', { className: 'two' }, field('Card number', { name: 'card', autocomplete: 'cc-number', inputMode: 'numeric' }), field('Account password', { name: 'password', type: 'password', autocomplete: 'current-password' })),
			el('div', { className: 'field' }, el('label', { htmlFor: 'note' }, 'A note for the courier'), Object.assign(el('textarea', { rows: 3, name: 'note' }), { id: 'note' })),
			el('label', { className: 'check' }, el('input', { type: 'checkbox', name: 'gift' }), 'Pack it as a gift'),
			el('button', { className: 'main' }, 'Place order'));
		main.replaceChildren(el('h1', {}, 'Your basket'), el('p', { className: 'lead' }, 'Free delivery over €50.'), el('div', { className: 'cols' }, form, el('div', { className: 'panel' }, el('h2', {}, 'Summary'), lines)));
		function draw() {
			const rows = products.filter((p) => basket[p.id]);
			if (!rows.length) { lines.replaceChildren(el('p', { className: 'empty' }, 'Your basket is empty.')); return; }
			const body = el('tbody');
			let sum = 0;
			for (const p of rows) {
				sum += p.price * basket[p.id];
				const less = el('button', { type: 'button', ariaLabel: `One ${p.name} less` }, '−');
				less.addEventListener('click', () => { basket[p.id] -= 1; if (!basket[p.id]) delete basket[p.id]; save('fernweh.basket', basket); countBasket(); draw(); });
				body.append(el('tr', {}, el('td', {}, p.name), el('td', { className: 'num' }, String(basket[p.id])), el('td', { className: 'num' }, money.format(p.price * basket[p.id])), el('td', { className: 'num' }, less)));
			}
			body.append(el('tr', {}, el('th', {}, 'Total'), el('td'), el('td', { className: 'num price' }, money.format(sum)), el('td')));
			lines.replaceChildren(el('table', {}, body));
		}
		form.addEventListener('submit', async (event) => {
			event.preventDefault();
			const button = form.querySelector('button.main');
			button.disabled = true;
			form.querySelector('.notice')?.remove();
			const answer = await fetch('api/orders?token=s3cr3t-order-token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ basket }) }).catch(() => undefined);
			button.disabled = false;
			const code = answer?.status ?? 0;
			console.error('order failed', { code, basket });
			form.prepend(el('p', { className: 'notice', role: 'alert' }, `We could not place your order (${code || 'no connection'}). Nothing was charged.`));
		});
		fetch('products.json').then((r) => r.json()).then((answer) => { products = answer.products; draw(); });
	}

	// ---- orders ----
	function orders() {
		const rows = [['F-1042', '12 November', 'Sent', 189.9], ['F-1017', '3 October', 'Delivered', 42.5], ['F-0988', '21 August', 'Delivered', 310]];
		main.replaceChildren(el('h1', {}, 'Orders'), el('p', { className: 'lead' }, 'Everything you ordered this year.'),
			el('div', { className: 'panel' }, el('table', {}, el('thead', {}, el('tr', {}, ...['Number', 'Placed', 'State', 'Total'].map((t, i) => el('th', { className: i === 3 ? 'num' : '' }, t)))),
				el('tbody', {}, ...rows.map(([n, d, s, t]) => el('tr', {}, el('td', {}, n), el('td', {}, d), el('td', {}, s), el('td', { className: 'num' }, money.format(t))))))));
	}

	({ shop, checkout, orders })[page]();

	// ---- trouble ----
	const trouble = {
		error() { setTimeout(() => { const voucher = undefined; voucher.apply(basket); }); say('An error was thrown.'); },
		reject() { Promise.reject(new Error('The warehouse did not answer')); say('A promise was rejected.'); },
		missing() { fetch('api/does-not-exist').then((r) => { say(`The server answered ${r.status}.`); console.warn('delivery dates are missing', r.status); }); },
		log() { console.log('signed in as robin@example.com with Bearer abcdefghijklmnopqrstuvwxyz012345', { card: '4111 1111 1111 1111' }); say('Written to the console; a report shows it redacted.'); },
		async report() {
			say('Sending …');
			try {
				const { number, queued } = await Rearview.saveReport({ title: 'Reported from the demo page' });
				say(queued ? 'Thank you. Your report will be sent as soon as there is a connection.' : `Thank you. Your report is number ${number}.`);
			} catch (error) { say(`The report could not be sent now: ${error.message}`); }
		},
	};
	for (const button of document.querySelectorAll('[data-trouble]')) button.addEventListener('click', () => trouble[button.dataset.trouble]());
})();
