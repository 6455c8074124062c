// What a document is and looks like, as lines of text: the same function reads the recorded page and
// its replay. Runs in pages; must not refer to anything outside itself.

/**
 * @param {Document} top
 * @param {((node: Node) => boolean) | null} has  in a replay: whether the recording has the node (the Replayer adds some of its own)
 * @returns {string[]}
 */
export function digest(top, has) {
	const lines = /** @type {string[]} */ ([]);
	const own = has ?? (() => true);
	/** Closed roots that the page keeps here: host → root. */
	const roots = /** @type {any} */ (top.defaultView)?.roots;
	const NS = /** @type {Record<string, string>} */ ({ 'http://www.w3.org/1999/xhtml': '', 'http://www.w3.org/2000/svg': 'svg:', 'http://www.w3.org/1998/Math/MathML': '' });
	const ADDRESSES = new Set(['src', 'href', 'xlink:href', 'poster', 'action', 'data', 'background', 'formaction', 'cite']);
	/** Left out on both sides: state that is compared as state, and what no replay may have. */
	const hidden = (/** @type {string} */ tag, /** @type {string} */ name) => /^rr_|^rrweb-|^_cssText$|^nonce$|^integrity$|^data-rv-|^autocomplete$|^loading$/.test(name)
		|| /^_?on[a-z]+$/.test(name) || name === 'style'
		|| (tag === 'iframe' && /^(?:src|srcdoc|sandbox|loading)$/.test(name)) || (tag === 'input' && /^(?:value|checked)$/.test(name))
		|| (tag === 'option' && name === 'selected') || (/^(?:audio|video)$/.test(tag) && name === 'autoplay') || (tag === 'dialog' && name === 'open')
		|| name === 'srcset' || (tag === 'canvas' && /^(?:width|height)$/.test(name)) || (tag === 'template' && /^shadowroot/.test(name)) || (tag === 'meta' && /content$/.test(name)) || (name === 'class' || name === 'popover')
		|| (tag === 'textarea' && name === 'value') || (/^(?:frame|object|embed)$/.test(tag) && /^(?:src|data|type)$/.test(name));
	const address = (/** @type {string} */ value, /** @type {Element} */ element) => {
		if (value.startsWith('#')) return value;
		try {
			return new URL(value.trim(), element.baseURI).href;
		} catch {
			return value;
		}
	};
	const classes = (/** @type {Element} */ element) => [...new Set(element.getAttribute('class')?.split(/\s+/) ?? [])].filter((name) => name && !/^:|^rrweb-/.test(name)).join(' ');

	const element = (/** @type {any} */ node, /** @type {string} */ pad) => {
		let tag = node.localName;
		if (tag === 'script' || tag === 'noscript') return lines.push(`${pad}<script>`);
		if (tag === 'style' || (tag === 'link' && /stylesheet/i.test(node.rel))) return lines.push(`${pad}<style>`);
		const view = node.ownerDocument.defaultView;
		const found = [];
		for (const name of node.getAttributeNames().sort()) {
			if (hidden(tag, name)) continue;
			const value = node.getAttribute(name);
			found.push(`${name}=${JSON.stringify(tag === 'img' && name === 'src' ? node.currentSrc : ADDRESSES.has(name) ? address(value, node) : value)}`);
		}
		if (classes(node)) found.push(`class=${classes(node)}`);
		const state = /** @type {string[]} */ ([]);
		const say = (/** @type {string} */ name, /** @type {any} */ value) => state.push(`${name}:${JSON.stringify(value)}`);
		if (tag === 'input' && !/^(?:file|image)$/.test(node.type)) say('value', node.value);
		if (tag === 'input' && /^(?:checkbox|radio)$/.test(node.type)) say('checked', node.checked);
		if (tag === 'textarea') say('value', node.value);
		if (tag === 'option') say('selected', node.selected);
		if (tag === 'select') say('index', node.selectedIndex);
		if (tag === 'details') say('open', node.open);
		if (tag === 'dialog') say('dialog', [node.open, node.matches(':modal')]);
		if (tag === 'progress' || tag === 'meter') say('value', node.value);
		if (tag === 'canvas') say('size', [node.width, node.height]);
		if (tag === 'img') say('image', [node.naturalWidth, node.naturalHeight]);
		if (node.scrollTop || node.scrollLeft) say('scroll', [Math.round(node.scrollLeft), Math.round(node.scrollTop)]);
		if (view && tag !== 'template' && tag !== 'title' && tag !== 'head' && tag !== 'meta' && tag !== 'base') {
			const style = view.getComputedStyle(node);
			say('shown', node.checkVisibility?.() ? `${style.display} ${style.position} ${style.color}` : style.display);
		}
		lines.push(`${pad}<${NS[node.namespaceURI] ?? 'other:'}${tag}${['', ...found, ...state].join(' ')}>`);
		const root = node.shadowRoot ?? roots?.get(node);
		if (root) {
			lines.push(`${pad} #shadow`);
			for (const child of root.childNodes) visit(child, `${pad}  `);
		}
		if (tag === 'iframe' || tag === 'frame') {
			let inside = null;
			try {
				inside = node.contentDocument;
			} catch {}
			if (inside?.documentElement && own(inside)) visit(inside, `${pad} `);
		}
		if (tag !== 'textarea' && tag !== 'template' && tag !== 'iframe') for (const child of node.childNodes) visit(child, `${pad} `);
	};

	const visit = (/** @type {any} */ node, /** @type {string} */ pad) => {
		if (!own(node)) return;
		switch (node.nodeType) {
			case 1: return void element(node, pad);
			case 3: case 4: return void lines.push(`${pad}"${JSON.stringify(node.data)}`);
			case 7: case 8: return void lines.push(`${pad}<!--${JSON.stringify(node.data)}-->`);
			case 9:
				lines.push(`${pad}#document ${node.compatMode}`);
				for (const child of node.childNodes) visit(child, `${pad} `);
				return;
			case 10: lines.push(`${pad}<!doctype ${node.name} "${node.publicId}" "${node.systemId}">`);
		}
	};
	visit(top, '');
	return lines;
}
