/* The editor of a picture: marks that can be changed until the picture is taken, drawn on a layer of their
 * own over pixels that nothing touches. By mouse, touch, pen and keyboard. */
import {createBar} from './bar.js';
import {dress, make} from './dom.js';
import {createHistory} from './history.js';
import {COLORS, measure, paint} from './paint.js';
import {cellsOf, compose} from './pixels.js';
import {HANDLES, boxed, hit, resized, upright, whole} from './shapes.js';
import {MARK} from './style.js';
import {createView} from './view.js';
import {markWords} from './words.js';

/**
 * @typedef {import('./shapes.js').Box} Box
 * @typedef {import('./shapes.js').Mark} Mark
 * @typedef {import('./shapes.js').State} State
 * @typedef {import('./bar.js').Tool} Tool
 * @typedef {{data: ArrayBuffer, width: number, height: number}} Pixels  RGBA
 */

const MARKS_MAX = 200;
const POINTS_MAX = 4000;
const TEXT_MAX = 500;
/** Steps of the arrow keys in pixels of the page: alone, and with Alt. */
const STEP = 10;
const FINE = 1;
/** @type {Record<string, [x: number, y: number]>} */
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

/**
 * @param {object} given
 * @param {import('../host/hub.js').Hub} given.hub
 * @param {Node} given.root  in whose tree the element is going to be
 * @param {Pixels} given.pixels
 * @param {import('./words.js').Words} given.words
 * @param {import('./words.js').Table} given.languages
 */
export function annotate({hub, root, pixels, words, languages}) {
	const {win} = hub;
	const t = markWords(words, languages);
	const {width, height} = pixels;
	const source = new Uint8ClampedArray(pixels.data);
	const picture = {data: source, width, height};
	const all = {x: 0, y: 0, w: width, h: height};
	const ratio = width / win.innerWidth;
	const unit = ratio > 0.4 && ratio < 5 ? ratio : Math.max(1, width / 1400);
	const history = createHistory(/** @type {State} */ ({marks: [], crop: null}));
	const undress = dress(root, MARK);
	let ids = 0;
	/** @type {Tool} */
	let tool = 'rect';
	/** @type {string} */
	let color = COLORS.red;
	/** The selected mark's id, 0 none, -1 the frame of the crop. */
	let selected = 0;
	/** It was selected to be changed: a colour is for it then. One just drawn is only at hand. */
	let isChosen = false;
	/** What is being drawn or changed and is not kept yet. @type {State | null} */
	let draft = null;
	/** Drawn by keys: Enter keeps it. */
	let byKeys = false;
	/** What a pointer that is down does. @type {{move: (x: number, y: number, event: PointerEvent) => void, end: () => void} | null} */
	let drag = null;
	/** @type {Map<number, PointerEvent>} */
	const pointers = new Map();
	let pinch = 0;
	let due = 0;
	/** @type {(() => void) | null} */
	let endText = null;
	/** @type {Map<number, HTMLButtonElement>} */
	const buttons = new Map();

	// ---- what is there ----

	const state = () => draft ?? history.now();
	const shown = () => (tool === 'crop' ? all : state().crop ?? all);
	/** @returns {Box & {kind?: string, id: number} | undefined} */
	const current = () => {
		const {marks, crop} = state();
		return selected < 0 ? crop && {...crop, id: -1} || undefined : marks.find(mark => mark.id === selected);
	};
	/** The state with that thing in it, or another in its place. @param {State} from @param {any} thing @returns {State} */
	const having = ({marks, crop}, thing) => {
		if (thing.id < 0) return {marks, crop: whole(thing, width, height)};
		const i = marks.findIndex(mark => mark.id === thing.id);
		return {marks: i < 0 ? [...marks, thing] : marks.map((mark, at) => (at === i ? thing : mark)), crop};
	};
	/** @param {Mark} mark */
	const nameOf = mark => {
		const same = state().marks.filter(one => one.kind === mark.kind);
		return t('mark.nth', {what: t(`mark.${mark.kind}`), n: same.findIndex(one => one.id === mark.id) + 1, of: same.length}) + (mark.text ? `: ${mark.text.slice(0, 60)}` : '');
	};
	const placeOf = (/** @type {Box} */ box) => {
		const {x, y, w, h} = upright(box);
		return t('mark.at', {w: Math.round(w / unit), h: Math.round(h / unit), x: Math.round(x / unit), y: Math.round(y / unit)});
	};

	// ---- what is seen ----

	const base = make('canvas', {width, height, 'aria-hidden': 'true'});
	base.getContext('2d')?.putImageData(new ImageData(source, width, height), 0, 0);
	const layer = make('canvas', {width, height, 'aria-hidden': 'true'});
	const context = /** @type {CanvasRenderingContext2D} */ (layer.getContext('2d'));
	const list = make('div', {class: 'marks', role: 'group', 'aria-label': t('mark.marks')});
	const frame = make('div', {class: 'frame', hidden: ''}, Object.keys(HANDLES).map(name => make('span', {class: `grip ${name}`, 'data-grip': name})));
	const shade = make('div', {class: 'shade', hidden: ''});
	const over = make('div', {class: 'over'}, [shade, list, frame]);
	const live = make('div', {class: 'say', role: 'status', 'aria-live': 'polite'});
	const say = (/** @type {string} */ text) => {
		live.textContent = text;
	};

	const hides = () => state().marks.filter(mark => mark.kind === 'hide' || mark.kind === 'blur');
	const draw = () => {
		due = 0;
		const {marks, crop} = state();
		const hidden = hides();
		context.clearRect(0, 0, width, height);
		for (const mark of hidden) {
			for (const {x, y, w, h, rgb} of cellsOf(picture, mark, hidden, unit)) {
				context.fillStyle = `rgb(${rgb})`;
				context.fillRect(x, y, w, h);
			}
		}
		paint(context, marks, unit);
		const scale = view.scale();
		/** @param {HTMLElement} element @param {Box} box */
		const put = ({style}, box) => {
			const {x, y, w, h} = upright(box);
			style.left = `${x * scale}px`;
			style.top = `${y * scale}px`;
			style.width = `${w * scale}px`;
			style.height = `${h * scale}px`;
		};
		const gone = new Set(buttons.keys());
		for (const mark of marks) {
			gone.delete(mark.id);
			let button = buttons.get(mark.id);
			if (!button) {
				const {id} = mark;
				button = make('button', {type: 'button', class: 'mark', onfocus: () => choose(id)});
				buttons.set(id, button);
				list.append(button);
			}
			put(button, mark);
			const name = nameOf(mark);
			if (button.getAttribute('aria-label') !== name) button.setAttribute('aria-label', name);
		}
		for (const id of gone) {
			buttons.get(id)?.remove();
			buttons.delete(id);
		}
		const box = current();
		frame.hidden = !box;
		if (box) {
			put(frame, box);
			frame.className = `frame ${box.kind ?? 'crop'}${box.w < 0 ? ' flipx' : ''}${box.h < 0 ? ' flipy' : ''}`;
		}
		shade.hidden = tool !== 'crop' || !crop;
		if (crop) put(shade, crop);
		bar.update({
			tool, color: dyed()?.color ?? color, percent: view.percent(),
			off: {undo: !history.can(-1), redo: !history.can(1), remove: !box},
		});
	};
	const refresh = () => {
		due ||= win.requestAnimationFrame(hub.guard(draw));
	};
	const view = createView({width, height, unit, shown, onZoom: refresh, children: [base, layer, over]});

	const {stage} = view;

	// ---- what changes it ----

	/** @param {State} next @param {string} [key] */
	const keep = (next, key) => {
		draft = null;
		byKeys = false;
		const before = shown();
		history.push(next, key);
		if (before !== shown()) view.refit();
		refresh();
	};
	/** @param {number} id */
	const choose = id => {
		selected = id;
		isChosen = true;
		refresh();
	};
	const cancel = () => {
		drag = null;
		draft = null;
		byKeys = false;
		if (!current()) selected = 0;
		refresh();
	};
	const keepDraft = () => {
		const box = draft && current();
		if (!draft || !box) return cancel();
		/* A click is no mark. */
		if (box.kind !== 'pen' && box.kind !== 'text' && Math.hypot(box.w, box.h) < 6 * unit) {
			selected = 0;
			return cancel();
		}
		if (box.id > 0 && box.kind !== 'arrow') draft = having(draft, {...box, ...upright(box)});
		keep(draft);
		const mark = history.now().marks.find(one => one.id === box.id);
		say(t('mark.kept', {what: mark ? nameOf(mark) : t('mark.crop')}));
	};
	const remove = () => {
		const box = current();
		if (!box || draft) return;
		const {marks, crop} = history.now();
		const was = marks.findIndex(mark => mark.id === box.id);
		say(t('mark.removed', {what: was < 0 ? t('mark.crop') : nameOf(marks[was])}));
		const rest = marks.filter(mark => mark.id !== box.id);
		selected = 0;
		keep({marks: rest, crop: box.id < 0 ? null : crop});
		draw();
		(buttons.get(rest[Math.min(was, rest.length - 1)]?.id) ?? stage).focus();
	};
	/** @param {-1 | 1} step */
	const go = step => {
		cancel();
		const before = shown();
		if (!history.go(step)) return;
		selected = 0;
		if (before !== shown()) view.refit();
		say(t(step < 0 ? 'mark.undone' : 'mark.redone'));
		refresh();
	};
	/** @param {Tool} next */
	const take = next => {
		endText?.();
		cancel();
		const before = shown();
		tool = next;
		selected = tool === 'crop' ? -1 : selected > 0 && tool === 'select' ? selected : 0;
		if (before !== shown()) view.refit();
		say(t(`mark.${tool}`));
		refresh();
	};
	/** What the next colour is for, if not what is drawn next. */
	const dyed = () => (isChosen || tool === 'select' ? state().marks.find(one => one.id === selected) : undefined);
	/** @param {string} next */
	const dye = next => {
		color = next;
		const mark = dyed();
		if (mark && !draft) keep(having(history.now(), {...mark, color}), `color ${mark.id}`);
		refresh();
	};
	/** Begins a mark of the tool. @param {number} x @param {number} y @param {Partial<Mark>} [more] @returns {any} */
	const begin = (x, y, more) => {
		const id = tool === 'crop' ? -1 : ++ids;
		const box = {id, kind: tool, color, x, y, w: 0, h: 0, ...more};
		selected = id;
		isChosen = false;
		draft = having(history.now(), box);
		refresh();
		return box;
	};
	const full = () => {
		if (history.now().marks.length < MARKS_MAX) return false;
		say(t('mark.enough'));
		return true;
	};
	/** @param {any} box */
	const changing = box => {
		draft = having(history.now(), box);
		refresh();
	};

	// ---- text ----

	/** Text is written where it will stand. @param {number} x @param {number} y @param {Mark} [mark]  to be written anew */
	const write = (x, y, mark) => {
		endText?.();
		const size = mark?.size ?? 20 * unit;
		const area = make('textarea', {class: 'write', rows: 1, maxlength: TEXT_MAX, dir: 'auto', spellcheck: 'false', 'aria-label': t('mark.text'), placeholder: t('mark.type')});
		const scale = view.scale();
		area.style.left = `${x * scale}px`;
		area.style.top = `${y * scale}px`;
		area.style.fontSize = `${Math.max(16, size * scale)}px`;
		area.value = mark?.text ?? '';
		area.style.maxWidth = `${Math.max(80, (shown().x + shown().w - x) * scale)}px`;
		const grow = () => {
			area.style.height = 'auto';
			area.style.height = `${area.scrollHeight}px`;
		};
		/** @param {boolean} isKept */
		const end = isKept => {
			if (!endText) return;
			endText = null;
			const text = area.value.trim();
			area.remove();
			if (isKept && text) {
				const made = {id: mark?.id ?? ++ids, kind: /** @type {const} */ ('text'), color: mark?.color ?? color, x, y, size, text, ...measure(context, text, size)};
				selected = made.id;
				isChosen = !!mark;
				keep(having(history.now(), made));
				say(t('mark.kept', {what: nameOf(made)}));
			}
			refresh();
		};
		endText = () => end(true);
		area.oninput = grow;
		area.onblur = () => end(true);
		area.onkeydown = event => {
			event.stopPropagation();
			if (event.isComposing) return;
			if (event.key === 'Escape' || (event.key === 'Enter' && !event.shiftKey)) {
				event.preventDefault();
				end(event.key === 'Enter');
				stage.focus();
			}
		};
		over.append(area);
		area.focus();
		grow();
	};

	// ---- pointers ----

	const down = (/** @type {PointerEvent} */ event) => {
		if (event.target instanceof HTMLTextAreaElement) return;
		pointers.set(event.pointerId, event);
		stage.setPointerCapture(event.pointerId);
		endText?.();
		if (pointers.size > 1) {
			/* The second finger: what the first began was the beginning of a pinch. */
			cancel();
			pinch = 0;
			return;
		}
		if (event.pointerType === 'mouse' && event.button > 1) return;
		event.preventDefault();
		stage.focus({preventScroll: true});
		const {x, y} = view.place(event.clientX, event.clientY);
		const grip = HANDLES[/** @type {HTMLElement} */ (event.target).dataset.grip ?? ''];
		const was = current();
		const {scrollLeft, scrollTop} = stage;
		if (byKeys) cancel();
		if (event.button === 1) {
			drag = {move: (_x, _y, {clientX, clientY}) => stage.scrollTo(scrollLeft + event.clientX - clientX, scrollTop + event.clientY - clientY), end: () => {}};
		} else if (grip && was) {
			drag = {move: (toX, toY) => changing(fitted(was, resized(was, grip, toX - x, toY - y))), end: keepDraft};
		} else if (tool === 'select') {
			const found = hit(state().marks, x, y, 12 / view.scale());
			choose(found?.id ?? 0);
			const from = {x: event.clientX, y: event.clientY};
			drag = found
				? {move: (toX, toY) => (draft || Math.hypot(toX - x, toY - y) * view.scale() > 3) && changing({...found, x: found.x + toX - x, y: found.y + toY - y}), end: () => draft && keepDraft()}
				: {move: (_x, _y, {clientX, clientY}) => stage.scrollTo(scrollLeft + from.x - clientX, scrollTop + from.y - clientY), end: () => {}};
		} else if (tool === 'text') {
			drag = {move: () => {}, end: () => full() || write(x, y - 12 * unit)};
		} else if (tool === 'pen') {
			if (full()) return;
			const points = [x, y, x, y];
			const mark = begin(x, y, boxed(points));
			drag = {
				move(toX, toY) {
					if (points.length < POINTS_MAX * 2 && Math.hypot(toX - points[points.length - 2], toY - points[points.length - 1]) * view.scale() > 1) points.push(toX, toY);
					changing({...mark, ...boxed(points)});
				},
				end: keepDraft,
			};
		} else {
			if (tool !== 'crop' && full()) return;
			const startX = Math.max(0, Math.min(width, x));
			const startY = Math.max(0, Math.min(height, y));
			const mark = begin(startX, startY);
			drag = {
				move(toX, toY, {shiftKey}) {
					let w = toX - startX;
					let h = toY - startY;
					if (shiftKey && tool !== 'arrow') h = Math.sign(h || 1) * Math.abs(w);
					changing({...mark, w, h});
				},
				end: keepDraft,
			};
		}
	};
	/** A box as its kind allows it: a text keeps its shape. @param {any} was @param {any} box */
	const fitted = (was, box) => {
		if (was.kind !== 'text') return box;
		const by = Math.max(8 * unit, was.size * Math.max(0.1, Math.max(box.w / was.w, box.h / was.h))) / was.size;
		return {...box, size: was.size * by, w: was.w * by, h: was.h * by, x: box.x === was.x ? was.x : was.x + was.w - was.w * by, y: box.y === was.y ? was.y : was.y + was.h - was.h * by};
	};
	const move = (/** @type {PointerEvent} */ event) => {
		if (!pointers.has(event.pointerId)) return;
		const [a, b] = [...pointers.values()];
		pointers.set(event.pointerId, event);
		if (pointers.size === 1 && drag) {
			const parts = event.getCoalescedEvents?.() ?? [];
			for (const one of tool === 'pen' && parts.length ? parts : [event]) {
				const {x, y} = view.place(one.clientX, one.clientY);
				drag?.move(x, y, event);
			}
		} else if (pointers.size === 2 && a && b) {
			const [c, d] = [...pointers.values()];
			const apart = Math.hypot(c.clientX - d.clientX, c.clientY - d.clientY);
			const centreX = (c.clientX + d.clientX) / 2;
			const centreY = (c.clientY + d.clientY) / 2;
			stage.scrollLeft -= centreX - (a.clientX + b.clientX) / 2;
			stage.scrollTop -= centreY - (a.clientY + b.clientY) / 2;
			if (pinch) view.zoom(view.scale() * apart / pinch, centreX, centreY);
			pinch = apart;
		}
	};
	const up = (/** @type {PointerEvent} */ event) => {
		if (!pointers.delete(event.pointerId) || pointers.size) return;
		const was = drag;
		drag = null;
		if (event.type === 'pointercancel') cancel();
		else was?.end();
	};
	const wheel = (/** @type {WheelEvent} */ event) => {
		if (!event.ctrlKey) return;
		event.preventDefault();
		view.zoom(view.scale() * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
	};

	// ---- keys ----

	/** A mark in the middle, to be moved and sized by keys. */
	const place = () => {
		if (tool !== 'crop' && full()) return;
		const {x, y, w, h} = view.middle();
		if (tool === 'text') return write(x, y);
		byKeys = true;
		if (tool === 'pen') begin(x, y, boxed([x, y, x, y]));
		else {
			const part = tool === 'crop' ? 0.8 : 0.25;
			begin(x - w * part / 2, y - h * part / 2, {w: w * part, h: h * part});
		}
		const box = current();
		if (box) say(`${t(`mark.${tool}`)}, ${placeOf(box)}. ${t(tool === 'pen' ? 'mark.keysPen' : 'mark.keys')}`);
	};
	/** The arrow keys. @param {KeyboardEvent} event @returns {boolean} whether something was there to change */
	const nudge = event => {
		const box = /** @type {any} */ (current());
		if (!box) return false;
		const [right, bottom] = ARROWS[event.key];
		const step = (event.altKey ? FINE : STEP) * unit;
		const dx = right * step;
		const dy = bottom * step;
		let next;
		if (byKeys && box.kind === 'pen') {
			const points = box.points.map((/** @type {number} */ at, /** @type {number} */ i) => i % 2 ? box.y + at * box.h : box.x + at * box.w);
			if (points.length >= POINTS_MAX * 2) return true;
			next = {...box, ...boxed([...points, points[points.length - 2] + dx, points[points.length - 1] + dy])};
		} else if (event.shiftKey) {
			next = fitted(box, resized(box, [1, 1], dx, dy));
			if (box.kind !== 'arrow' && (next.w < unit * 4 || next.h < unit * 4)) return true;
		} else next = {...box, x: box.x + dx, y: box.y + dy};
		if (draft) changing(next);
		else keep(having(history.now(), next), `${event.shiftKey ? 'size' : 'move'} ${box.id}`);
		say(placeOf(next));
		return true;
	};
	/** @type {Record<string, () => void>} */
	const actions = {
		undo: () => go(-1),
		redo: () => go(1),
		remove,
		out: () => view.zoom(view.scale() / 1.25),
		in: () => view.zoom(view.scale() * 1.25),
		fit: view.fit,
		full: () => view.zoom(1 / unit),
	};
	/** @param {KeyboardEvent} event @returns {boolean} */
	const pressed = event => {
		const {key, target} = event;
		const onStage = target === stage || target instanceof HTMLElement && target.className === 'mark';
		const hasCommand = event.ctrlKey || event.metaKey;
		if (key === 'Escape') {
			if (draft) cancel();
			else if (selected) choose(0);
			else return false;
			stage.focus();
			say(t('mark.cancelled'));
			return true;
		}
		if (hasCommand) {
			const letter = key.toLowerCase();
			if (letter === 'z' && !event.altKey) go(event.shiftKey ? 1 : -1);
			else if (letter === 'y') go(1);
			else return false;
			return true;
		}
		if (onStage) {
			if (key === 'Enter') {
				if (draft) {
					keepDraft();
					return true;
				}
				const mark = target !== stage && history.now().marks.find(one => one.id === selected);
				if (mark) {
					if (mark.kind === 'text') write(mark.x, mark.y, mark);
					return true;
				}
				if (tool === 'select') return false;
				place();
				return true;
			}
			if (ARROWS[key]) {
				if (nudge(event)) return true;
				if (event.altKey || event.shiftKey) return false;
				stage.scrollBy(ARROWS[key][0] * 40, ARROWS[key][1] * 40);
				return true;
			}
			if (key === 'Delete' || key === 'Backspace') {
				remove();
				return true;
			}
		}
		if (event.altKey || event.isComposing) return false;
		return bar.shortcut(key);
	};
	const keydown = (/** @type {KeyboardEvent} */ event) => {
		if (event.defaultPrevented || !pressed(event)) return;
		event.preventDefault();
		event.stopPropagation();
	};

	const bar = createBar({t, take, dye, actions});
	const help = make('p', {class: 'say', id: 'mark-help', textContent: t('mark.help')});
	const element = make('div', {class: 'rv-mark', dir: words.dir, lang: words.locale, onkeydown: hub.guard(keydown)}, [bar.element, stage, live, help]);
	stage.setAttribute('role', 'group');
	stage.setAttribute('aria-label', t('mark.picture'));
	stage.setAttribute('aria-describedby', 'mark-help');
	stage.addEventListener('pointerdown', hub.guard(down));
	stage.addEventListener('pointermove', hub.guard(move));
	for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) stage.addEventListener(type, hub.guard(up));
	stage.addEventListener('wheel', hub.guard(wheel), {passive: false});
	stage.addEventListener('dblclick', hub.guard((/** @type {MouseEvent} */ event) => {
		const {x, y} = view.place(event.clientX, event.clientY);
		const mark = hit(history.now().marks, x, y, 12 / view.scale());
		if (tool === 'select' && mark?.kind === 'text') write(mark.x, mark.y, mark);
	}));

	return {
		/** Fills its container. */
		element,
		isChanged: () => history.can(-1) && (history.now().marks.length > 0 || history.now().crop !== null),
		/** The picture with its marks. What was not marked is as it was, bit for bit. @returns {Promise<Pixels>} */
		async result() {
			endText?.();
			cancel();
			const {marks, crop} = history.now();
			const area = crop ?? all;
			const hidden = hides();
			let over = null;
			if (marks.length > hidden.length) {
				const canvas = make('canvas', {width: area.w, height: area.h});
				const drawn = canvas.getContext('2d', {willReadFrequently: true});
				if (!drawn) throw new Error('There is no canvas to draw on.');
				drawn.translate(-area.x, -area.y);
				paint(drawn, marks, unit);
				over = drawn.getImageData(0, 0, area.w, area.h).data;
				canvas.width = canvas.height = 0;
			}
			const data = compose(picture, area, hidden.flatMap(mark => cellsOf(picture, mark, hidden, unit)), over);
			return {data: /** @type {ArrayBuffer} */ (data.buffer), width: area.w, height: area.h};
		},
		destroy() {
			win.cancelAnimationFrame(due);
			view.stop();
			undress();
			element.remove();
			base.width = layer.width = 0;
		},
	};
}
