/* The editor's tool bar: one stop for Tab, arrow keys within. */
import {icon, make} from './dom.js';
import {COLORS} from './paint.js';

/** @typedef {'select' | 'crop' | import('./shapes.js').Kind} Tool */

/** @type {Record<Tool, [key: string, path: string]>} */
const TOOLS = {
	select: ['v', 'M5 3l10 7-4.5 1L8 16z'],
	rect: ['r', 'M3 5h14v10H3z'],
	arrow: ['a', 'M4 16L16 4M8 4h8v8'],
	pen: ['p', 'M3 14c2-8 5-10 6-7s-3 8 0 8 3-6 8-7'],
	text: ['t', 'M4 6V4h12v2M10 4v12M8 16h4'],
	hide: ['h', 'M3 6h14v8H3zM4 7h12v6H4zM4 9h12M4 11h12'],
	blur: ['b', 'M4 4h4v4H4zM12 4h4v4h-4zM8 8h4v4H8zM4 12h4v4H4zM12 12h4v4h-4z'],
	crop: ['c', 'M6 2v12h12M2 6h12v12'],
};
/** @type {Record<string, [keys: string[], shown: string, path: string]>} */
const ACTIONS = {
	undo: [['u'], 'Ctrl+Z', 'M7 4L3 8l4 4M3 8h9a4 4 0 010 8H8'],
	redo: [[], 'Ctrl+Y', 'M13 4l4 4-4 4M17 8H8a4 4 0 000 8h4'],
	remove: [[], 'Delete', 'M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11'],
	out: [['-'], '-', 'M5 10h10'],
	full: [['1'], '1', ''],
	in: [['+', '='], '+', 'M5 10h10M10 5v10'],
	fit: [['0'], '0', 'M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5'],
};

/**
 * @param {object} given
 * @param {(key: string, values?: Record<string, any>) => string} given.t
 * @param {(tool: Tool) => void} given.take
 * @param {(color: string) => void} given.dye
 * @param {Record<string, () => void>} given.actions
 */
export function createBar({t, take, dye, actions}) {
	/** @type {HTMLButtonElement[]} */
	const stops = [];
	/** @param {string} name @param {string} tip @param {Node | null} child @param {() => void} onclick @param {Record<string, any>} [more] */
	const button = (name, tip, child, onclick, more = {}) => {
		const made = make('button', {type: 'button', 'aria-label': name, 'data-tip': tip ? `${name} (${tip})` : name, onclick, tabindex: '-1', ...more}, child ? [child] : []);
		stops.push(made);
		return made;
	};
	/** @type {Record<string, HTMLButtonElement>} */
	const all = {};
	const tools = /** @type {Tool[]} */ (Object.keys(TOOLS)).map(name => all[name] = button(t(`mark.${name}`), TOOLS[name][0].toUpperCase(), icon(TOOLS[name][1]), () => take(name), {'aria-keyshortcuts': TOOLS[name][0].toUpperCase(), 'aria-pressed': 'false', 'data-tool': name}));
	const colors = /** @type {(keyof typeof COLORS)[]} */ (Object.keys(COLORS)).map(name => {
		const swatch = make('span', {class: 'swatch'});
		swatch.style.background = COLORS[name];
		return all[name] = button(t(`mark.${name}`), '', swatch, () => dye(COLORS[name]), {'aria-pressed': 'false', 'data-color': name});
	});
	const percent = make('span', {class: 'percent', dir: 'ltr'});
	/** @param {string} name */
	const action = name => {
		const [, keys, path] = ACTIONS[name];
		return all[name] = button(t(`mark.${name}`), keys, path ? icon(path) : percent, () => all[name].getAttribute('aria-disabled') === 'true' || actions[name](), {'data-action': name, 'aria-keyshortcuts': keys.replace('Ctrl', 'Control').replace(/^\+$/, 'Plus')});
	};
	/** @param {string} name @param {Node[]} children */
	const group = (name, children) => make('div', {class: 'group', role: 'group', 'aria-label': t(name)}, children);
	const element = make('div', {class: 'bar', role: 'toolbar', 'aria-label': t('mark.tools')}, [
		group('mark.tools', tools),
		group('mark.color', colors),
		group('mark.changes', ['undo', 'redo', 'remove'].map(action)),
		group('mark.zoom', ['out', 'full', 'in', 'fit'].map(action)),
	]);
	/** @param {HTMLButtonElement} stop */
	const reach = stop => {
		for (const one of stops) one.tabIndex = one === stop ? 0 : -1;
	};
	reach(all.rect);
	element.addEventListener('focusin', event => {
		const found = stops.find(one => one === event.target);
		if (found) reach(found);
	});
	element.addEventListener('keydown', event => {
		const at = stops.indexOf(/** @type {HTMLButtonElement} */ (event.target));
		const ahead = getComputedStyle(element).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
		const {key} = event;
		if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
		const to = key === 'Home' ? 0 : key === 'End' ? stops.length - 1
			: key === 'ArrowLeft' || key === 'ArrowRight' ? (at + (key === ahead ? 1 : -1) + stops.length) % stops.length : -1;
		if (to < 0) return;
		event.preventDefault();
		stops[to].focus();
	});

	return {
		element,
		/** @param {{tool: Tool, color: string, percent: number, off: Record<string, boolean>}} now */
		update(now) {
			for (const name of Object.keys(TOOLS)) all[name].setAttribute('aria-pressed', `${name === now.tool}`);
			for (const [name, value] of Object.entries(COLORS)) all[name].setAttribute('aria-pressed', `${value === now.color}`);
			for (const name of Object.keys(now.off)) all[name].setAttribute('aria-disabled', `${now.off[name]}`);
			percent.textContent = `${now.percent} %`;
			all.full.setAttribute('aria-label', t('mark.full100', {n: now.percent}));
		},
		/** @param {string} key @returns {boolean} whether it was one */
		shortcut(key) {
			const letter = key.toLowerCase();
			const tool = /** @type {Tool[]} */ (Object.keys(TOOLS)).find(name => TOOLS[name][0] === letter);
			const name = Object.keys(ACTIONS).find(one => ACTIONS[one][0].includes(letter));
			if (tool) take(tool);
			else if (name) actions[name]();
			return !!(tool || name);
		},
	};
}
