/* The panel's life: what it holds, what its buttons do, and how a report goes out of it. */
import {h, render} from 'preact';
import {check, sizeText} from './files.js';
import {View} from './view.jsx';

/** @typedef {ReturnType<typeof createPanel>['model']} Model */
/** @typedef {import('../report.js').Pixels} Pixels */
/** @typedef {{item_type: string, title: string, description: string, email: string, custom: Record<string, any>, isReplay: boolean, isShot: boolean, isConsole: boolean, isNetwork: boolean, element: any}} Values */
/** @typedef {{name: string, title: string, size: string, text?: string, canvas?: boolean, image?: string, video?: string, drop?: () => void}} Part */

const SHOWN_MS = 10_000;
const LINES = 200;
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * @param {object} given
 * @param {import('../report.js').PartCtx} given.ctx
 * @param {ReturnType<typeof import('./draft.js').createDrafts>} given.drafts
 * @param {ShadowRoot} given.root
 * @param {string} given.side  classes for its corner
 * @param {() => void} given.closed
 */
export function createPanel({ctx, drafts, root, side, closed}) {
	const {hub, config, reports, words, options} = ctx;
	const {win, native} = hub;
	const {document} = win;
	const {t, locale} = words;
	const settings = config?.modules?.feedback ?? {};
	const dialog = document.createElement('dialog');
	dialog.className = `panel ${side}`;
	dialog.lang = locale;
	dialog.dir = words.dir;
	dialog.setAttribute('aria-labelledby', 'heading');
	dialog.tabIndex = -1;
	/** @type {Element | null} */
	let before = null;
	let isOpen = false;
	/** @type {Pixels | null} */
	let pixels = null;
	/** @type {any} */
	let editor = null;
	/** @type {any} */
	let saving;
	/** @type {any} */
	let leaving;
	/** Of the report on its way. */
	let key = '';
	/** @type {string[]} */
	const urls = [];
	/** Reads of a text once it fits. @param {string} text */
	const say = text => {
		model.said = text;
	};
	const draw = () => {
		if (isOpen) render(h(/** @type {any} */ (View), {m: model}), dialog);
	};
	/** @param {() => any} work @returns {(event?: any) => any} */
	const then = work => event => hub.attempt(() => {
		event?.preventDefault?.();
		return work();
	});
	const focus = (/** @type {string} */ id) => /** @type {HTMLElement | null} */ (root.getElementById(id))?.focus();

	/** @type {string[]} */
	const types = Array.isArray(settings.types) && settings.types.length ? settings.types : ['bug', 'idea', 'question'];
	/** @returns {Values} */
	const fresh = () => ({item_type: types[0], title: '', description: '', email: '', custom: {}, isReplay: true, isShot: true, isConsole: true, isNetwork: true, element: null});

	/** @param {'form' | 'preview' | 'annotate' | 'sending' | 'kept' | 'done'} phase @param {string} [focusOn] */
	const go = (phase, focusOn) => {
		model.phase = phase;
		dialog.classList.toggle('is-wide', phase === 'annotate');
		draw();
		if (focusOn) focus(focusOn);
		/* What had the focus is gone: keys must not go to the page. */
		if (isOpen && !root.activeElement) dialog.focus();
	};

	const keep = () => {
		native.clearTimeout(saving);
		saving = native.setTimeout(() => drafts.save(model.values), 200);
	};

	const takeShot = async () => {
		model.shot = {state: 'taking', why: ''};
		draw();
		try {
			pixels = await reports.shot();
			model.shot = {state: 'ready', why: ''};
		} catch (error) {
			pixels = null;
			model.shot = {state: 'failed', why: /** @type {any} */ (error)?.message ?? ''};
		}
		draw();
	};

	/** @param {Iterable<Blob>} list */
	const addFiles = async list => {
		const {files, errors} = await check([...list], model.files.length, words);
		model.files = [...model.files, ...files];
		model.fileErrors = errors;
		say(errors.join(' ') || files.map(file => file.name).join(', '));
		draw();
		drafts.save(model.values);
		await drafts.saveFiles(model.files);
	};

	/** @returns {string} the first field that is not right, '' for none */
	const validate = () => {
		/** @type {Record<string, string>} */
		const errors = {};
		const {title, email, custom} = model.values;
		if (!title.trim()) errors.title = t('ui.missing');
		if (model.asksEmail && (email ? !MAIL.test(email) : model.isEmailRequired)) errors.email = t(email ? 'ui.badEmail' : 'ui.missing');
		for (const {key, required} of model.custom) if (required && !custom[key]) errors[`custom-${key}`] = t('ui.missing');
		model.errors = errors;
		return Object.keys(errors)[0] ?? '';
	};

	/** @param {string} part */
	const partName = part => t(part === 'replay' ? 'ui.partReplay' : part === 'screenshot' ? 'ui.partScreenshot' : part === 'recording' ? 'ui.partRecording' : 'ui.partReport');

	/** @param {number} [number] */
	const done = number => {
		model.number = number;
		say(number ? t('ui.doneNumber', {number}) : t('ui.done'));
		go('done', 'done');
		leaving = native.setTimeout(close, SHOWN_MS);
	};

	const forget = () => {
		model.values = fresh();
		model.files = [];
		model.errors = {};
		model.fileErrors = [];
		model.failure = '';
		native.clearTimeout(saving);
		return drafts.clear();
	};

	const send = async () => {
		if (model.phase !== 'form') return;
		const wrong = validate();
		if (wrong) {
			say(model.errors[wrong]);
			draw();
			return focus(wrong);
		}
		const minutes = drafts.wait();
		if (minutes) {
			say(model.failure = t('ui.limit', {n: minutes}));
			return draw();
		}
		const {values} = model;
		model.failure = '';
		model.progress = null;
		say(t('ui.sending'));
		go('sending');
		reports.watch(hub.guard(detail => {
			key = detail.key;
			model.progress = detail;
			draw();
		}));
		try {
			const saved = await reports.submit({
				trigger: 'widget', title: values.title.trim(), description: values.description, item_type: values.item_type,
				...model.asksEmail && values.email && {email: values.email},
				...given.name && {name: given.name},
				custom: {...given.custom, ...values.custom},
				...values.element && {element: values.element},
				/* They are handed over, and wanted again should it fail. */
				...pixels && values.isShot && {pixels: {...pixels, data: pixels.data.slice(0)}},
				files: model.files,
				parts: {replay: values.isReplay, console: values.isConsole, network: values.isNetwork},
			});
			drafts.sent();
			await forget();
			if (saved.queued) {
				say(t(model.isOffline() ? 'ui.offline' : 'ui.kept'));
				go('kept', 'later');
			} else done(saved.number);
		} catch (error) {
			say(model.failure = t('ui.failed', {why: /** @type {any} */ (error)?.message ?? ''}));
			go('form', 'send');
		}
	};

	/** What the application has filled in. @type {any} */
	let given = {};

	const model = {
		t, locale, types,
		phase: /** @type {'form' | 'preview' | 'annotate' | 'sending' | 'kept' | 'done'} */ ('form'),
		said: '', failure: '',
		values: /** @type {Values} */ ({}),
		files: /** @type {import('./files.js').Attached[]} */ ([]),
		errors: /** @type {Record<string, string>} */ ({}),
		fileErrors: /** @type {string[]} */ ([]),
		shot: {state: 'taking', why: ''},
		whole: /** @type {Awaited<ReturnType<typeof reports.preview>> | null} */ (null),
		progress: /** @type {{part: string, sent: number, total: number} | null} */ (null),
		number: /** @type {number | undefined} */ (undefined),
		hasMark: true,
		asksEmail: settings.email !== 'hidden' && !ctx.user()?.email,
		isEmailRequired: settings.email === 'required',
		custom: /** @type {any[]} */ (Array.isArray(settings.fields) ? settings.fields : []),
		isOffline: /** @returns {boolean} */ () => win.navigator.onLine === false,
		/** @param {string} name */
		labelOf: name => name.startsWith('custom-') ? model.custom.find(of => `custom-${of.key}` === name)?.label : t(`ui.${name}`),
		/** @param {string} type */
		typeOf(type) {
			const text = t(`ui.${type}`);
			const own = t(`type.${type}`);
			return own !== `type.${type}` ? own : text !== `ui.${type}` ? text : type;
		},
		/** @param {string} name @param {any} value */
		set(name, value) {
			/** @type {any} */ (model.values)[name] = value;
			if (model.errors[name]) validate();
			keep();
			draw();
		},
		/** @param {string} key @param {any} value */
		setCustom(key, value) {
			if (key === '__proto__') return;
			model.values.custom[key] = value;
			if (model.errors[`custom-${key}`]) validate();
			keep();
			draw();
		},
		send: then(send),
		close: () => close(),
		discard: then(() => {
			forget();
			draw();
			focus('title');
		}),
		/** @param {HTMLCanvasElement | null} canvas @param {number} most  pixels across */
		drawShot(canvas, most) {
			if (!canvas || !pixels || /** @type {any} */ (canvas).of === pixels) return;
			/** @type {any} */ (canvas).of = pixels;
			const {width, height, data} = pixels;
			const whole = document.createElement('canvas');
			whole.width = width;
			whole.height = height;
			whole.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
			const scale = Math.min(1, most / width);
			canvas.width = Math.max(1, Math.round(width * scale));
			canvas.height = Math.max(1, Math.round(height * scale));
			canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);
		},
		dropShot: then(() => {
			model.set('isShot', false);
			focus('retake');
		}),
		retake: then(async () => {
			model.values.isShot = true;
			await takeShot();
			focus('mark');
		}),
		annotate: then(async () => {
			const {annotate} = await reports.mark();
			if (!pixels || !isOpen) return;
			editor = annotate({hub, root, pixels, words});
			go('annotate', 'finish');
		}),
		/** @param {HTMLElement | null} place */
		placeEditor(place) {
			if (place && editor && !place.contains(editor.element)) place.append(editor.element);
		},
		finishMark: then(async () => {
			if (!editor) return;
			if (editor.isChanged()) pixels = await editor.result();
			model.unmark();
		}),
		unmark: then(() => {
			editor?.destroy();
			editor = null;
			go('form', 'mark');
		}),
		pick: then(async () => {
			const {pick} = await reports.pick();
			const isModal = dialog.matches(':modal');
			dialog.close();
			const picked = await pick({root, words}).catch(() => null);
			if (!isOpen) return;
			if (isModal) dialog.showModal();
			else dialog.show();
			model.set('element', picked ?? model.values.element);
			focus(picked ? 'title' : 'pick');
		}),
		unpick: then(() => {
			model.set('element', null);
			focus('pick');
		}),
		chooseFiles: then(() => {
			const input = /** @type {HTMLInputElement} */ (root.querySelector('input[type=file]'));
			const list = [...input.files ?? []];
			input.value = '';
			return addFiles(list);
		}),
		/** @param {number} at */
		dropFile(at) {
			model.files = model.files.filter((_, i) => i !== at);
			drafts.saveFiles(model.files);
			draw();
			/** @type {HTMLElement | null} */ (root.querySelector('input[type=file]'))?.focus();
		},
		/** @param {ClipboardEvent} event */
		paste(event) {
			const files = event.clipboardData?.files;
			if (!files?.length) return;
			event.preventDefault();
			addFiles(files);
		},
		/** @param {DragEvent} event */
		over(event) {
			event.preventDefault();
			dialog.classList.add('over');
		},
		/** @param {DragEvent} event */
		dropped(event) {
			event.preventDefault();
			dialog.classList.remove('over');
			addFiles(event.dataTransfer?.files ?? /** @type {any} */ ([]));
		},
		preview: then(async () => {
			model.whole = null;
			go('preview', 'back');
			model.whole = await reports.preview().catch(error => /** @type {any} */ ({from: 0, to: 0, bytes: 0, console_logs: [], network_logs: [], meta: {}, error}));
			draw();
		}),
		back: then(() => {
			for (const url of urls.splice(0)) URL.revokeObjectURL(url);
			go('form', 'preview');
		}),
		/** Every part of the report, with its size. @returns {Part[]} */
		parts() {
			const {whole, values} = model;
			if (!whole) return [];
			const {console_logs, network_logs} = whole;
			const user = {...ctx.user(), ...values.email && {email: values.email}};
			const seconds = Math.round((whole.to - whole.from) / 1000);
			/** @type {Part[]} */
			const list = [];
			if (pixels && values.isShot) list.push({name: 'screenshot', title: t('ui.shot'), size: `${pixels.width} × ${pixels.height}`, canvas: true, drop: () => model.set('isShot', false)});
			if (values.isReplay) list.push({name: 'replay', title: t('ui.included'), size: `${t('ui.seconds', {n: seconds})}, ${sizeText(whole.bytes, locale)}`, text: t('ui.pages', {pages: whole.meta.url}), canvas: !!pixels, drop: () => model.set('isReplay', false)});
			if (values.isConsole) list.push({name: 'console', title: t('ui.console'), size: t('ui.lines', {n: console_logs.length}), text: console_logs.slice(-LINES).map(line => `${line.level} ${line.args.join(' ')}`).join('\n'), drop: () => model.set('isConsole', false)});
			if (values.isNetwork) list.push({name: 'network', title: t('ui.network'), size: t('ui.requests', {n: network_logs.length}), text: network_logs.slice(-LINES).map(line => `${line.method} ${line.status ?? ''} ${line.url}`).join('\n'), drop: () => model.set('isNetwork', false)});
			model.files.forEach((file, i) => {
				const url = urls[i] ??= URL.createObjectURL(file.blob);
				list.push({name: 'file', title: file.name, size: sizeText(file.blob.size, locale), ...file.kind === 'recording' ? {video: url} : {image: url}, drop: () => model.dropFile(i)});
			});
			if (values.element) list.push({name: 'element', title: t('ui.element'), size: values.element.tag, text: values.element.outer_html, drop: () => model.set('element', null)});
			const facts = JSON.stringify(whole.meta, null, 1);
			list.push({name: 'facts', title: t('ui.facts'), size: sizeText(facts.length, locale), text: facts});
			if (Object.keys(user).length) list.push({name: 'user', title: t('ui.user'), size: user.email ?? user.id ?? '', text: JSON.stringify(user, null, 1)});
			return list;
		},
		progressText() {
			const {progress} = model;
			return progress ? t('ui.uploading', {part: partName(progress.part), sent: sizeText(progress.sent, locale), total: sizeText(progress.total, locale)}) : t('ui.sending');
		},
		again: then(async () => {
			say(t('ui.sending'));
			go('sending');
			const [number] = await Promise.all([outcome(key), reports.retry()]);
			if (number) done(number);
			else {
				say(t('ui.kept'));
				go('kept', 'again');
			}
		}),
	};
	model.values = fresh();

	/** The report's number once it is sent, 0 when it does not get through now. @param {string} wanted @returns {Promise<number>} */
	const outcome = wanted => new Promise(found => {
		const timer = native.setTimeout(() => end(0), 15_000);
		const end = (/** @type {number} */ number) => {
			native.clearTimeout(timer);
			stop();
			found(number);
		};
		const stop = reports.onSent(detail => {
			if (detail.key === wanted) end(detail.number);
		});
	});

	const close = () => {
		if (!isOpen) return;
		isOpen = false;
		native.clearTimeout(leaving);
		reports.watch(null);
		editor?.destroy();
		editor = null;
		drafts.save(model.values);
		for (const url of urls.splice(0)) URL.revokeObjectURL(url);
		if (dialog.open) dialog.close();
		render(null, dialog);
		dialog.remove();
		const back = /** @type {any} */ (before);
		if (back?.isConnected) back.focus?.({preventScroll: true});
		closed();
	};

	dialog.addEventListener('cancel', event => {
		event.preventDefault();
		if (model.phase === 'annotate') model.unmark();
		else if (model.phase === 'preview') model.back();
		else close();
	});
	dialog.addEventListener('keydown', event => {
		if (event.key === 'Escape' && !dialog.matches(':modal') && model.phase !== 'annotate' && !event.defaultPrevented) {
			event.preventDefault();
			close();
		}
		if (event.key !== 'Tab' || event.defaultPrevented) return;
		const all = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll('a[href],button:not(:disabled),input:not(:disabled),textarea,select,summary,[tabindex="0"],video')]).filter(one => one.getClientRects().length && (one.getAttribute('type') !== 'radio' || /** @type {any} */ (one).checked));
		const at = root.activeElement;
		const edge = event.shiftKey ? all[0] : all[all.length - 1];
		if (at !== edge && at !== dialog) return;
		event.preventDefault();
		(event.shiftKey ? all[all.length - 1] : all[0])?.focus();
	});
	dialog.addEventListener('dragleave', event => {
		if (!dialog.contains(/** @type {Node} */ (event.relatedTarget))) dialog.classList.remove('over');
	});

	return {
		model, close,
		/** @param {any} prefill */
		async open(prefill) {
			if (isOpen) {
				if (model.phase === 'form') focus('title');
				return;
			}
			isOpen = true;
			given = prefill ?? {};
			before = root.activeElement ?? document.activeElement;
			const {title, description, item_type, email} = given;
			Object.assign(model.values, Object.fromEntries(Object.entries({title, description, item_type, email}).filter(([, value]) => typeof value === 'string')));
			model.asksEmail = settings.email !== 'hidden' && !ctx.user()?.email;
			model.failure = '';
			model.errors = {};
			model.values.isShot = true;
			model.phase = 'form';
			/* Before anything of ours is seen; what the page shows now is what it is about. */
			const taking = takeShot();
			draw();
			root.append(dialog);
			/* showModal() would close what the page has open of its own that closes by itself. */
			const isLight = attemptMatch(document, '[popover=""]:popover-open,[popover="auto"]:popover-open');
			if (isLight) dialog.show();
			else dialog.showModal();
			focus('title');
			const held = await drafts.load();
			if (held && isOpen && model.phase === 'form') {
				const {id, ...fields} = /** @type {any} */ (held.fields);
				for (const name of Object.keys(model.values)) {
					const value = fields[name];
					if (typeof value === typeof /** @type {any} */ (model.values)[name] && !(/** @type {any} */ (given)[name])) /** @type {any} */ (model.values)[name] = value;
				}
				if (!Object(model.values.custom)) model.values.custom = {};
				model.values.isShot = true;
				if (!model.files.length) model.files = held.files;
				draw();
			}
			await taking;
		},
		destroy: close,
	};
}

/** @param {Document} document @param {string} selector */
function attemptMatch(document, selector) {
	try {
		return !!document.querySelector(selector);
	} catch {
		return false;
	}
}
