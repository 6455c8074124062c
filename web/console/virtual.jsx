/**
 * A long list of which only the visible part is in the document. Rows have one height; a few of them
 * may be opened and are then measured. It keeps the current row in sight until the reader scrolls.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './ui.jsx';

const SPARE = 6;

/**
 * @template T
 * @param {{
 *   rows: T[], rowHeight: number, label: string, head?: any,
 *   keyOf: (row: T) => number, current: number, selected?: number,
 *   row: (row: T, at: {index: number, current: boolean, focusable: boolean}) => any,
 *   opened?: Set<number>, detail?: (row: T) => any,
 *   onActivate: (row: T) => void, onExpand?: (row: T, open: boolean) => void,
 *   onSeen?: (range: {from: number, to: number}) => void,
 * }} props current: index of the row at the playhead, −1 before the first; onSeen is told which rows are in sight
 */
export function VirtualList({ rows, rowHeight, label, head, keyOf, current, row, opened, detail, onActivate, onExpand, onSeen }) {
	const box = useRef(/** @type {HTMLDivElement|null} */ (null));
	const [view, setView] = useState({ top: 0, height: 600 });
	const [active, setActive] = useState(0);
	const [follow, setFollow] = useState(true);
	const [extras, setExtras] = useState(/** @type {Map<number, number>} */ (new Map()));
	const headHeight = head ? 28 : 0;

	// Opened rows in order, with the height each adds.
	const open = opened?.size ? rows.flatMap((it, index) => opened.has(keyOf(it)) ? [{ index, extra: extras.get(keyOf(it)) ?? 120 }] : []) : [];
	/** @param {number} index */
	const topOf = (index) => { let top = index * rowHeight; for (const it of open) { if (it.index >= index) break; top += it.extra; } return top; };
	/** @param {number} top */
	const indexAt = (top) => {
		let before = 0;
		for (const it of open) { if (it.index * rowHeight + before + rowHeight > top) break; before += Math.min(it.extra, Math.max(top - (it.index * rowHeight + before + rowHeight), 0)); }
		return Math.floor((top - before) / rowHeight);
	};
	const total = topOf(rows.length);
	const from = Math.max(0, indexAt(view.top) - SPARE), to = Math.min(rows.length, indexAt(view.top + view.height) + SPARE + 1);

	const first = Math.max(0, indexAt(view.top)), last = Math.min(rows.length, indexAt(view.top + Math.max(view.height - headHeight, 0)) + 1);
	useEffect(() => onSeen?.({ from: first, to: last }), [first, last]);
	useLayoutEffect(() => {
		const element = /** @type {HTMLDivElement} */ (box.current);
		const read = () => setView((old) => old.top === element.scrollTop && old.height === element.clientHeight ? old : { top: element.scrollTop, height: element.clientHeight || old.height });
		read();
		element.addEventListener('scroll', read, { passive: true });
		const watch = new ResizeObserver(read);
		watch.observe(element);
		return () => { element.removeEventListener('scroll', read); watch.disconnect(); };
	}, []);

	/** @param {number} index @param {'nearest'|'third'} where */
	const reveal = (index, where) => {
		const element = box.current;
		if (!element || index < 0 || !element.clientHeight) return;
		const top = topOf(index), room = element.clientHeight - headHeight;
		if (top >= element.scrollTop && top + rowHeight <= element.scrollTop + room) return;
		element.scrollTop = where === 'third' ? top - room / 3 : top < element.scrollTop ? top : top + rowHeight - room;
	};
	useEffect(() => { if (follow && current >= 0) reveal(current, 'third'); }, [current, follow, rows, view.height]);

	const stopFollowing = () => setFollow(false);
	/** @param {number} index */
	const goTo = (index) => {
		const next = Math.min(Math.max(index, 0), rows.length - 1);
		setActive(next);
		stopFollowing();
		reveal(next, 'nearest');
		requestAnimationFrame(() => /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector(`[data-index="${next}"] [data-main]`))?.focus({ preventScroll: true }));
	};
	/** @param {KeyboardEvent} event */
	const key = (event) => {
		const holder = event.target instanceof Element ? event.target.closest('[data-index]') : null;
		if (!holder) return;
		const at = Number(/** @type {HTMLElement} */ (holder).dataset.index);
		const pageful = Math.max(1, Math.floor(view.height / rowHeight) - 1);
		const step = { ArrowDown: 1, ArrowUp: -1, PageDown: pageful, PageUp: -pageful, Home: -Infinity, End: Infinity }[event.key];
		if (step !== undefined) goTo(step === -Infinity ? 0 : step === Infinity ? rows.length - 1 : at + step);
		else if (event.key === 'e' && onExpand) onExpand(rows[at], !opened?.has(keyOf(rows[at])));
		else return;
		event.preventDefault();
		event.stopPropagation();
	};
	const roving = active >= from && active < to ? active : Math.min(Math.max(current, from), to - 1);

	return <div class="virtual">
		<div class="virtual-box" ref={box} onWheel={stopFollowing} onTouchMove={stopFollowing} onKeyDown={key}
			onPointerDown={(event) => { if (event.target === event.currentTarget) stopFollowing(); }}>
			{head}
			<div class="virtual-all" role="list" aria-label={label} style={{ blockSize: `${total}px` }}>
				{rows.slice(from, to).map((it, i) => {
					const index = from + i, id = keyOf(it), isOpen = opened?.has(id) ?? false;
					return <div key={id} role="listitem" aria-setsize={rows.length} aria-posinset={index + 1} data-index={index} class={`virtual-item ${index === current ? 'current' : ''} ${isOpen ? 'opened' : ''}`}
						aria-current={index === current ? 'true' : undefined} style={{ insetBlockStart: `${topOf(index)}px` }}
						onClick={(event) => { if (event.target instanceof Element && event.target.closest('[data-main]')) { setActive(index); onActivate(it); } }}>
						{row(it, { index, current: index === current, focusable: index === roving })}
						{isOpen && detail && <Measured id={id} onHeight={(height) => setExtras((old) => old.get(id) === height ? old : new Map(old).set(id, height))}>{detail(it)}</Measured>}
					</div>;
				})}
			</div>
		</div>
		{!follow && current >= 0 && <button class="follow" onClick={() => { setFollow(true); reveal(current, 'third'); }}><Icon name="follow" />Follow the replay</button>}
	</div>;
}

/** @param {{id: number, onHeight: (height: number) => void, children: any}} props */
function Measured({ onHeight, children }) {
	const element = useRef(/** @type {HTMLDivElement|null} */ (null));
	const latest = useRef(onHeight);
	latest.current = onHeight;
	useLayoutEffect(() => {
		const it = /** @type {HTMLDivElement} */ (element.current);
		const watch = new ResizeObserver(() => latest.current(it.offsetHeight));
		watch.observe(it);
		latest.current(it.offsetHeight);
		return () => watch.disconnect();
	}, []);
	return <div ref={element} class="virtual-detail">{children}</div>;
}

/**
 * Index of the last row at or before a time.
 * @param {number[]} times ascending @param {number} at
 */
export function lastAt(times, at) {
	let low = 0, high = times.length;
	while (low < high) { const mid = (low + high) >> 1; if (times[mid] <= at) low = mid + 1; else high = mid; }
	return low - 1;
}
