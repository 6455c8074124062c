/** Small observable values, and the router and keyboard built on them. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/**
 * @template T
 * @typedef {{get: () => T, set: (next: T) => void, patch: (part: Partial<T>) => void, subscribe: (fn: (value: T) => void) => () => void}} Store
 */

/**
 * @template T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function createStore(initial) {
	let value = initial;
	/** @type {Set<(value: T) => void>} */
	const listeners = new Set();
	/** @param {T} next */
	const set = (next) => {
		if (Object.is(next, value)) return;
		value = next;
		for (const listener of [...listeners]) listener(value);
	};
	return {
		get: () => value,
		set,
		patch: (part) => set({ ...value, ...part }),
		subscribe(fn) { listeners.add(fn); return () => { listeners.delete(fn); }; },
	};
}

/**
 * Renders again only when what `select` returns has changed.
 * @template T, S
 * @param {Store<T>} store @param {(value: T) => S} select
 * @returns {S}
 */
export function useStore(store, select) {
	const [picked, setPicked] = useState(() => select(store.get()));
	const latest = useRef(select);
	latest.current = select;
	useLayoutEffect(() => {
		const update = () => { const next = latest.current(store.get()); setPicked(() => next); };
		update();
		return store.subscribe(update);
	}, [store]);
	return picked;
}

// ---- router ----

/** @typedef {{path: string, query: URLSearchParams}} Route */
/** @returns {Route} */
const here = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });
export const route = createStore(here());
addEventListener('popstate', () => route.set(here()));

/**
 * @param {string} url @param {{replace?: boolean}} [options]
 */
export function navigate(url, options = {}) {
	if (options.replace) history.replaceState(null, '', url);
	else history.pushState(null, '', url);
	route.set(here());
}

/**
 * An address with some query parameters changed; empty ones go.
 * @param {URLSearchParams} query @param {Record<string, string>} changes
 */
export function withQuery(query, changes) {
	const next = new URLSearchParams(query);
	for (const [name, value] of Object.entries(changes)) { if (value) next.set(name, value); else next.delete(name); }
	const text = next.toString();
	return location.pathname + (text ? `?${text}` : '');
}

// ---- keyboard ----

/** Elements that have their own use for a key. @type {Record<string, string>} */
const OWNERS = { ' ': 'button, a, summary, select, video, [role=tab], [role=slider], [role=separator]', Enter: 'button, a, summary, select', ArrowLeft: 'select, [role=tab], [role=slider], [role=separator], video', ArrowRight: 'select, [role=tab], [role=slider], [role=separator], video' };

/**
 * Keys of a page. None works while typing, in a dialog, or with a modifier; a focused control keeps
 * the keys it needs itself.
 * @param {Record<string, (event: KeyboardEvent) => void>} keys by `event.key`
 */
export function useKeys(keys) {
	const latest = useRef(keys);
	latest.current = keys;
	useEffect(() => {
		/** @param {KeyboardEvent} event */
		const down = (event) => {
			if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
			const target = event.target instanceof Element ? event.target : document.body;
			if (target.closest('input, textarea, [contenteditable], dialog, [role=menu]')) return;
			if (event.key.length === 1 && event.key !== ' ' && target.closest('select')) return;
			if (OWNERS[event.key] && target.closest(OWNERS[event.key])) return;
			const fn = Object.prototype.hasOwnProperty.call(latest.current, event.key) ? latest.current[event.key] : undefined;
			if (fn) { event.preventDefault(); fn(event); }
		};
		addEventListener('keydown', down);
		return () => removeEventListener('keydown', down);
	}, []);
}

/**
 * A value kept in this browser; works without storage too.
 * @param {string} name @param {string} fallback
 * @returns {[string, (value: string) => void]}
 */
export function useKept(name, fallback) {
	const [value, setValue] = useState(() => { try { return localStorage.getItem(`rv.${name}`) ?? fallback; } catch { return fallback; } });
	return [value, (next) => { setValue(next); try { localStorage.setItem(`rv.${name}`, next); } catch { /* storage is off: kept for this visit */ } }];
}
