/* What is told of an element, at the page's level of privacy: values of fields never, masked text as
 * bullets, blocked elements as empty tags. */
import * as rv from 'rv:records';
import {createPrivacy} from '../record/privacy.js';
import {createSelectors} from '../record/selectors.js';

const TEXT_MAX = 200;
const HTML_MAX = 2000;
const SELECTOR_MAX = 1000;
const NODES_MAX = 5000;
const VALUE_MAX = 300;
/** Selectors asked of the page for one element. */
const TRIES_MAX = 60;
/** Between a host and what is in its shadow root, and between a frame and what is in its document. */
const INTO = ' >>> ';
const FIELDS = new Set(['input', 'textarea', 'select', 'option']);
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
const SILENT = new Set('script style noscript template iframe object textarea'.split(' '));
/** Attributes that people read, as src/capture/mask.c has them. */
const TEXTS = /^(?:title|alt|placeholder|value|label|summary|content|aria-(?:label|description|valuetext|placeholder|roledescription)|data-(?:title|tooltip|label|content|text|placeholder|original-title))$/;
const MEDIA = /^(?:img|picture|source|video|audio|track|embed|object|image|canvas|input)$/;
const ADDRESSES = /^(?:src|srcset|poster|data|href|xlink:href)$/;
const HOOKS = /^(?:data-(?:test|testid|test-id|cy|qa)|name|role)$/;

/** @param {string} text */
const bullets = text => text.replace(/\S/gu, '•');
/** @param {string} text @param {number} max  no half of a pair at the end */
const cut = (text, max) => text.length > max ? text.slice(0, max).replace(/[\ud800-\udbff]$/, '') : text;
/** @param {string} text */
const escaped = text => text.replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'}[c] ?? '&quot;'));

/**
 * @param {import('../host/hub.js').Hub} hub
 * @param {any} config  the widget's configuration
 */
export function createDescribe({win, native, closed}, config) {
	const {attribute, localName, nodeType, parentNode} = native;
	const given = config?.privacy ?? {};
	const privacy = createPrivacy(native, given, createSelectors(native, given, () => {}, win.document));

	/** The element one level further out: round a shadow root its host, round a frame's document the frame. @param {any} node @returns {Element | null} */
	const above = node => {
		const parent = /** @type {any} */ (parentNode(node));
		if (!parent) return null;
		if (nodeType(parent) === 1) return parent;
		try {
			return parent.host ?? parent.defaultView?.frameElement ?? null;
		} catch {
			return null;
		}
	};
	/** @param {Element} element */
	const flagsOf = element => {
		const line = [];
		for (let at = /** @type {Element | null} */ (element); at; at = above(at)) line.unshift(at);
		let flags = 0;
		let isBlocked = 0;
		for (const one of line) {
			flags = privacy.flags(one, flags, native.attrNames(one));
			isBlocked |= flags & rv.EL_BLOCK;
		}
		return flags | isBlocked;
	};
	/** @param {number} flags */
	const hides = flags => (flags & (rv.EL_MASK | rv.EL_BLOCK)) !== 0 || (privacy.level === 'strict' && !(flags & rv.EL_ALLOW));

	/** @param {Element} element @param {number} flags @returns {string} the start tag */
	const tagOf = (element, flags) => {
		const tag = localName(element);
		const isHidden = hides(flags);
		const type = (attribute(element, 'type') ?? '').toLowerCase();
		let text = `<${tag}`;
		for (const name of native.attrNames(element)) {
			let value = attribute(element, name) ?? '';
			if (flags & rv.EL_BLOCK && name !== 'class' && name !== 'id') continue;
			if (/^on/.test(name) || /^(?:nonce|srcdoc|integrity|checked|selected)$/.test(name)) continue;
			if (name === 'value' && FIELDS.has(tag) && !(tag === 'input' && /^(?:submit|button|reset)$/.test(type))) continue;
			if (isHidden && MEDIA.test(tag) && ADDRESSES.test(name)) continue;
			if (isHidden && TEXTS.test(name)) value = bullets(value);
			text += ` ${name}="${escaped(cut(value, VALUE_MAX))}"`;
			if (text.length > HTML_MAX) break;
		}
		return `${text}>`;
	};

	/**
	 * Markup and text of what is below an element, without recursion, cut off where they are long enough.
	 * @param {Element} top
	 */
	const contentOf = top => {
		let html = '';
		let text = '';
		/** @type {{element: Element, flags: number}[]} */
		const open = [];
		/** @type {Node | null} */
		let node = top;
		let flags = flagsOf(top);
		for (let n = 0; node && n < NODES_MAX && (html.length < HTML_MAX || text.length < TEXT_MAX); n++) {
			const type = nodeType(node);
			/** @type {Node | null} */
			let next = null;
			if (type === 3) {
				const said = hides(flags) ? bullets(native.data(node)) : native.data(node);
				const short = cut(said, HTML_MAX);
				html += escaped(short);
				text += short;
			} else if (type === 1) {
				const element = /** @type {Element} */ (node);
				const tag = localName(element);
				const own = node === top ? flags : privacy.flags(element, flags, native.attrNames(element));
				html += tagOf(element, own);
				if (!(own & rv.EL_BLOCK) && !SILENT.has(tag)) next = native.firstChild(element);
				if (next) {
					open.push({element, flags: own});
					flags = own;
				} else if (!VOID.has(tag)) html += `</${tag}>`;
			}
			while (!next && open.length) {
				next = node === open[open.length - 1].element ? null : native.nextSibling(/** @type {Node} */ (node));
				if (next) break;
				const {element} = /** @type {{element: Element, flags: number}} */ (open.pop());
				html += `</${localName(element)}>`;
				node = element;
				flags = open[open.length - 1]?.flags ?? 0;
				if (!open.length) break;
				next = native.nextSibling(element);
			}
			node = next;
		}
		return {outer_html: cut(html, HTML_MAX), text: cut(text.replace(/\s+/g, ' ').trim(), TEXT_MAX)};
	};

	/** What tells an element from others, the best first: names that are likely to stay. @param {Element} element */
	const namesOf = element => {
		const escape = (/** @type {string} */ text) => win.CSS.escape(text);
		const id = attribute(element, 'id') ?? '';
		const names = id && id.length < 60 && !/\d{4}/.test(id) ? [`#${escape(id)}`] : [];
		for (const name of native.attrNames(element)) {
			const value = attribute(element, name) ?? '';
			if (HOOKS.test(name) && /^[\w-]{1,60}$/.test(value)) names.push(`[${name}="${value}"]`);
		}
		const tag = escape(localName(element));
		const classes = (attribute(element, 'class') ?? '').split(/\s+/).filter(name => name && name.length < 40 && !/\d{3}|[[\]:/]/.test(name)).slice(0, 3).map(name => `.${escape(name)}`);
		return [...names, ...classes, ...classes.map(name => tag + name), tag];
	};
	/**
	 * Within its own document or shadow root: the element's best name, with as many of those round it as
	 * are needed to find it alone.
	 * @param {Element} element
	 */
	const within = element => {
		const scope = /** @type {any} */ (element.getRootNode());
		let tries = 0;
		let path = '';
		for (let at = /** @type {any} */ (element); at && nodeType(at) === 1; at = parentNode(at)) {
			const names = namesOf(at);
			const alone = names.find(name => tries++ < TRIES_MAX && scope.querySelectorAll(name + path).length === 1);
			if (alone) return alone + path;
			const parent = parentNode(at);
			const tag = names[names.length - 1];
			let n = 1;
			let isLast = true;
			for (let other = at.previousElementSibling; other; other = other.previousElementSibling) if (localName(other) === localName(at)) n++;
			for (let other = at.nextElementSibling; other && isLast; other = other.nextElementSibling) isLast = localName(other) !== localName(at);
			const own = n === 1 && isLast || !parent ? tag : `${tag}:nth-of-type(${n})`;
			path = own + path;
			if (tries++ < TRIES_MAX && scope.querySelectorAll(path).length === 1) break;
			path = ` > ${path}`;
		}
		return path.replace(/^ > /, '');
	};
	/** How large an element is shown, by its width and by its height: 1 where nothing scales it. @param {any} element */
	const scaleOf = element => {
		const {width, height} = element.getBoundingClientRect();
		return [width / element.offsetWidth || 1, height / element.offsetHeight || 1];
	};
	/** @param {Element} element @returns {DOMRect | {x: number, y: number, width: number, height: number}} within the page's viewport */
	const rectOf = element => {
		let {x, y, width, height} = element.getBoundingClientRect();
		for (let frame = frameOf(element); frame; frame = frameOf(frame)) {
			const {left, top} = frame.getBoundingClientRect();
			const [wide, high] = scaleOf(frame);
			x = left + (x + frame.clientLeft) * wide;
			y = top + (y + frame.clientTop) * high;
			width *= wide;
			height *= high;
		}
		return {x, y, width, height};
	};
	/** @param {Element} element @returns {Element | null} the frame that its document is in */
	const frameOf = element => {
		try {
			const view = element.ownerDocument.defaultView;
			return view === win ? null : view?.frameElement ?? null;
		} catch {
			return null;
		}
	};
	/** Its open or closed shadow root. @param {Element} element @returns {ShadowRoot | null} */
	const rootOf = element => native.shadowRoot(element) ?? closed.get(element)?.shadowRoot ?? null;
	/** The document in a frame of this origin. @param {any} element @returns {Document | null} */
	const documentOf = element => {
		try {
			return /^i?frame$/.test(localName(element)) ? element.contentDocument : null;
		} catch {
			return null;
		}
	};

	return {
		above, rectOf, scaleOf, rootOf, documentOf,
		/** The element itself, or the outermost blocked one that holds it. @param {Element} element */
		open(element) {
			let found = element;
			for (let at = /** @type {Element | null} */ (element); at; at = above(at)) if (privacy.flags(at, 0, native.attrNames(at)) & rv.EL_BLOCK) found = at;
			return found;
		},
		/** Whether nothing below it is to be told of. @param {Element} element */
		isBlocked: element => (flagsOf(element) & rv.EL_BLOCK) !== 0,
		/** Short, for reading. @param {Element} element */
		label(element) {
			const id = attribute(element, 'id');
			const classes = (attribute(element, 'class') ?? '').split(/\s+/).filter(Boolean).slice(0, 2);
			const {width, height} = rectOf(element);
			return `${cut(localName(element) + (id ? `#${id}` : '') + classes.map(name => `.${name}`).join(''), 80)} · ${Math.round(width)} × ${Math.round(height)}`;
		},
		/**
		 * `selector` finds the element from the page's document on; `a >>> b` means b in the shadow root of
		 * a or, when a is a frame, in its document.
		 * @param {Element} element
		 */
		describe(element) {
			const path = [];
			for (let at = /** @type {any} */ (element); at;) {
				path.unshift(within(at));
				const top = at.getRootNode();
				at = top.host ?? frameOf(at);
			}
			const {x, y, width, height} = rectOf(element);
			const round = (/** @type {number} */ px) => Math.round(px * 100) / 100;
			return {
				selector: cut(path.join(INTO), SELECTOR_MAX),
				tag: localName(element),
				rect: {x: round(x), y: round(y), width: round(width), height: round(height)},
				...contentOf(element),
			};
		},
	};
}
