/** The pieces every page is made of. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { createStore, navigate, useStore } from './store.js';

/** @typedef {import('preact').ComponentChildren} Children */

/** 16 × 16, stroked with the text's colour. */
const PATHS = {
	open: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Z',
	progress: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM8 2.500v11M10 3.400v9.200M12 5v6',
	done: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM5.500 8.200l1.800 1.800 3.300-3.600',
	replay: 'M2.500 3.500h11v9h-11zM6.800 6v4l3.200-2z',
	picture: 'M2.500 3.500h11v9h-11zM3 11l3-3 2.500 2.500L10.500 9l2.800 2.500M10.500 6.300h.01',
	error: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM6.200 6.200l3.600 3.600M9.800 6.200 6.200 9.800',
	warn: 'M8 2.500 14 13H2zM8 6.500v3M8 11.200h.01',
	info: 'M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM8 7.500v3.200M8 5.300h.01',
	log: 'M3 4.500h10M3 8h10M3 11.500h6',
	debug: 'M5.500 4 2.500 8l3 4M10.500 4l3 4-3 4',
	network: 'M5 12.500v-9M2.500 6 5 3.500 7.500 6M11 3.500v9M8.500 10l2.500 2.500 2.500-2.500',
	click: 'm4 3 8.500 4.200-3.800 1.300L7.400 12.500z',
	input: 'M2.500 5h11v6h-11zM5 7v2',
	page: 'M4 2.500h5.500L12 5v8.500H4zM9.200 2.700V5.500H12',
	user: 'M8 8.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.800 13.500c.6-2.300 2.700-3.500 5.200-3.500s4.600 1.200 5.200 3.500',
	note: 'M3 3h10v7l-3 3H3zM10 13v-3h3M5.500 6h5M5.500 8.500h3',
	clip: 'M12.500 7 7.800 11.800a2.600 2.600 0 0 1-3.700-3.700l5-5a1.700 1.700 0 0 1 2.500 2.500l-4.900 4.900a.8.8 0 0 1-1.200-1.200L9.800 5',
	search: 'M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9ZM10.300 10.300 13.500 13.500',
	play: 'M5 3.500v9l7.500-4.500z',
	pause: 'M5.500 3.500v9M10.500 3.500v9',
	next: 'M4 3.500v9L10.500 8zM12.500 3.500v9',
	previous: 'M12 3.500v9L5.500 8zM3.500 3.500v9',
	skip: 'M2.500 4v8L7 8zM8 4v8l4.500-4zM13.500 4v8',
	copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
	link: 'M6.800 9.200l2.400-2.400M7.300 5l1.500-1.500a2.600 2.600 0 0 1 3.700 3.700L11 8.700M8.700 11l-1.500 1.500a2.600 2.600 0 0 1-3.700-3.700L5 7.300',
	download: 'M8 2.500v7.500M5 7.200l3 3 3-3M2.500 13.500h11',
	trash: 'M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.6 9h5.800l.6-9M6.800 7v4M9.200 7v4',
	back: 'M9.500 3.500 5 8l4.500 4.500',
	down: 'M4 6.500 8 10.500l4-4',
	right: 'M6.500 4 10.500 8l-4 4',
	close: 'M4 4l8 8M12 4l-8 8',
	keys: 'M2 4.500h12v7H2zM4.500 7h.01M7 7h.01M9.300 7h.01M11.500 7h.01M5 9.500h6',
	external: 'M9 3h4v4M13 3 7.500 8.500M11 9v4H3V5h4',
	check: 'M3.500 8.500l3 3 6-7',
	gear: 'M3 5h5M12 5h1M3 11h1M8 11h5M10 3.300v3.400M6 9.300v3.400',
	list: 'M3 4h10M3 8h10M3 12h10',
	follow: 'M8 3v8M4.500 8 8 11.500 11.500 8M3.500 13.500h9',
};
/** @typedef {keyof typeof PATHS} IconName */
const FILLED = new Set(['play', 'next', 'previous', 'skip', 'click']);

/** @param {{name: IconName, class?: string}} props */
export function Icon({ name, class: className = '' }) {
	return <svg class={`icon ${className}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill={FILLED.has(name) ? 'currentColor' : 'none'}
		stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"><path d={PATHS[name]} /></svg>;
}

/** @param {{children: Children}} props text for those who do not see */
export const Hidden = ({ children }) => <span class="visually-hidden">{children}</span>;

/** @param {MouseEvent} event the browser's own handling wins for new tabs and windows */
export function followLink(event) {
	const link = event.currentTarget;
	if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
	event.preventDefault();
	navigate(link.pathname + link.search);
}

// ---- toasts ----

/** @typedef {{id: number, text: string, action?: {label: string, run: () => void}, bad?: boolean}} Toast */
const toasts = createStore(/** @type {Toast[]} */ ([]));
let toastIds = 0;

/** @param {number} id */
const dropToast = (id) => toasts.set(toasts.get().filter((toast) => toast.id !== id));

/**
 * @param {string} text
 * @param {{action?: Toast['action'], bad?: boolean}} [options]
 */
export function toast(text, options = {}) {
	const id = ++toastIds;
	toasts.set([...toasts.get().slice(-2), { id, text, ...options }]);
	setTimeout(() => dropToast(id), options.action ? 12_000 : options.bad ? 8000 : 4000);
}

/** @param {string} did @param {unknown} error */
export const toastError = (did, error) => toast(`${did} ${error instanceof Error ? error.message : String(error)}`, { bad: true });

export function Toasts() {
	const all = useStore(toasts, (value) => value);
	return <div class="toasts" role="status" aria-live="polite">
		{all.map((it) => <div key={it.id} class={`toast ${it.bad ? 'bad' : ''}`}>
			{it.bad && <Icon name="error" />}<span>{it.text}</span>
			{it.action && <button class="button quiet" onClick={() => { dropToast(it.id); it.action?.run(); }}>{it.action.label}</button>}
			<button class="button icon-only quiet" aria-label="Dismiss" onClick={() => dropToast(it.id)}><Icon name="close" /></button>
		</div>)}
	</div>;
}

// ---- copying ----

/** @param {string} text @returns {Promise<boolean>} */
export async function copyText(text) {
	try { await navigator.clipboard.writeText(text); return true; } catch { /* not a secure context, or refused: the old way */ }
	const area = document.createElement('textarea');
	area.value = text;
	area.className = 'visually-hidden';
	const before = document.activeElement;
	(before?.closest('dialog') ?? document.body).append(area);
	area.select();
	const done = document.execCommand('copy');
	area.remove();
	if (before instanceof HTMLElement) before.focus();
	return done;
}

/** @param {{text: string, label?: string, what?: string, class?: string}} props what: completes "Copy …" for those who do not see */
export function CopyButton({ text, label = 'Copy', what, class: className = 'button small' }) {
	const [state, setState] = useState(/** @type {''|'done'|'failed'} */ (''));
	useEffect(() => {
		if (!state) return;
		const timer = setTimeout(() => setState(''), 2000);
		return () => clearTimeout(timer);
	}, [state]);
	return <button type="button" class={className} onClick={async () => setState(await copyText(text) ? 'done' : 'failed')}>
		<Icon name={state === 'done' ? 'check' : 'copy'} />
		<span aria-live="polite">{state === 'done' ? 'Copied' : state === 'failed' ? 'Select and copy it' : label}</span>
		{what && <Hidden>: {what}</Hidden>}
	</button>;
}

/** @param {{text: string, what: string, label?: string}} props a block of code with its copy button */
export function CodeBlock({ text, what, label }) {
	return <figure class="code">
		<figcaption><span>{label ?? what}</span><CopyButton text={text} what={what} /></figcaption>
		<pre tabIndex={0} role="group" aria-label={what}><code>{text}</code></pre>
	</figure>;
}

// ---- states of loading ----

/** @param {{title: string, error: unknown, safe?: string, retry?: () => void, children?: Children}} props */
export function Failure({ title, error, safe, retry, children }) {
	return <div class="state" role="alert">
		<Icon name="warn" class="state-icon bad" />
		<h2>{title}</h2>
		<p>{error instanceof Error ? error.message : String(error)}{safe ? ` ${safe}` : ''}</p>
		<div class="state-actions">{retry && <button class="button primary" onClick={retry}>Try again</button>}{children}</div>
	</div>;
}

/** @param {{icon?: IconName, title: string, children?: Children}} props */
export function Empty({ icon = 'list', title, children }) {
	return <div class="state"><Icon name={icon} class="state-icon" /><h2>{title}</h2>{children}</div>;
}

// ---- tabs (WAI-ARIA tab pattern, automatic activation) ----

/**
 * @param {{label: string, active: string, onChange: (id: string) => void,
 *   tabs: {id: string, label: string, count?: number, bad?: number, content: Children}[]}} props
 */
export function Tabs({ label, active, onChange, tabs }) {
	const base = useId();
	const strip = useRef(/** @type {HTMLDivElement|null} */ (null));
	const at = Math.max(0, tabs.findIndex((tab) => tab.id === active));
	/** @param {number} to */
	const go = (to) => {
		const next = (to + tabs.length) % tabs.length;
		onChange(tabs[next].id);
		const button = /** @type {HTMLElement|undefined} */ (strip.current?.children[next]);
		button?.focus();
	};
	/** @param {KeyboardEvent} event */
	const key = (event) => {
		const ltr = getComputedStyle(/** @type {HTMLElement} */ (strip.current)).direction !== 'rtl';
		const step = { ArrowRight: ltr ? 1 : -1, ArrowLeft: ltr ? -1 : 1 }[event.key];
		if (step) go(at + step);
		else if (event.key === 'Home') go(0);
		else if (event.key === 'End') go(tabs.length - 1);
		else return;
		event.preventDefault();
	};
	useEffect(() => {
		// Only sideways: the page itself stays where it is.
		const box = strip.current, tab = /** @type {HTMLElement|undefined} */ (box?.children[at]);
		if (!box || !tab) return;
		const area = box.getBoundingClientRect(), it = tab.getBoundingClientRect();
		if (it.left < area.left) box.scrollLeft += it.left - area.left - 12;
		else if (it.right > area.right) box.scrollLeft += it.right - area.right + 12;
	}, [at]);
	return <div class="tabs">
		<div class="tab-strip" role="tablist" aria-label={label} ref={strip} onKeyDown={key}>
			{tabs.map((tab, i) => <button key={tab.id} role="tab" type="button" id={`${base}-${tab.id}`} class="tab" aria-selected={i === at} tabIndex={i === at ? 0 : -1}
				aria-controls={`${base}-${tab.id}-panel`} onClick={() => onChange(tab.id)}>
				{tab.label}{tab.count !== undefined && <span class={`tab-count ${tab.bad ? 'bad' : ''}`}>{tab.bad ? <Icon name="error" /> : null}{(tab.bad || tab.count).toLocaleString()}<Hidden>{tab.bad ? ' errors' : ''}</Hidden></span>}
			</button>)}
		</div>
		{tabs.map((tab, i) => <div key={tab.id} role="tabpanel" id={`${base}-${tab.id}-panel`} aria-labelledby={`${base}-${tab.id}`} class="tab-panel" hidden={i !== at}>{tab.content}</div>)}
	</div>;
}

// ---- menu button (a list of links and buttons that closes by itself) ----

/** @param {{label: Children, name: string, class?: string, children: Children}} props */
export function Menu({ label, name, class: className = 'button', children }) {
	const [open, setOpen] = useState(false);
	const root = useRef(/** @type {HTMLDivElement|null} */ (null));
	const id = useId();
	useEffect(() => {
		if (!open) return;
		/** @param {Event} event */
		const away = (event) => { if (!root.current?.contains(/** @type {Node} */ (event.target))) setOpen(false); };
		addEventListener('pointerdown', away);
		addEventListener('focusin', away);
		/** @type {HTMLElement|null|undefined} */ (root.current?.querySelector('.menu a, .menu button'))?.focus();
		return () => { removeEventListener('pointerdown', away); removeEventListener('focusin', away); };
	}, [open]);
	/** @param {KeyboardEvent} event */
	const key = (event) => {
		if (!open) return;
		const items = /** @type {HTMLElement[]} */ ([...(root.current?.querySelectorAll('.menu a, .menu button') ?? [])]);
		const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		if (event.key === 'Escape') { setOpen(false); root.current?.querySelector('button')?.focus(); }
		else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
		else if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
		else return;
		event.preventDefault();
		event.stopPropagation();
	};
	return <div class="menu-root" ref={root} onKeyDown={key}>
		<button type="button" class={className} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} title={name}>{label}<Icon name="down" class="menu-arrow" /></button>
		<div id={id} class="menu" hidden={!open} onClick={(event) => { if (event.target instanceof Element && event.target.closest('a, button')) setOpen(false); }}>{children}</div>
	</div>;
}

/** @param {{title: string, onClose: () => void, children: Children}} props a modal dialog */
export function Dialog({ title, onClose, children }) {
	const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
	const id = useId();
	useEffect(() => { dialog.current?.showModal(); }, []);
	return <dialog ref={dialog} aria-labelledby={id} onClose={onClose} onClick={(event) => { if (event.target === dialog.current) dialog.current?.close(); }}>
		<div class="dialog-body">
			<header><h2 id={id}>{title}</h2><button class="button icon-only quiet" aria-label="Close" onClick={() => dialog.current?.close()}><Icon name="close" /></button></header>
			{children}
		</div>
	</dialog>;
}

/** States of a report: what they are called and what they look like. @type {Record<string, {label: string, icon: IconName}>} */
export const STATES = { open: { label: 'Open', icon: 'open' }, in_progress: { label: 'In progress', icon: 'progress' }, done: { label: 'Done', icon: 'done' } };
