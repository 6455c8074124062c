/* What the console's timers and counters say, and tables as rows of text. */
import * as rv from 'rv:records';

/** Timers and counters that are known at a time. */
const LABELS = 100;
const ROWS = 50;
const COLUMNS = 20;
const CELL = 100;

/** @param {import('../extras.js').ExtrasCtx} ctx */
export function observeConsole({hub}) {
	const {descriptor} = hub.native;
	/* The page's own: what it logs is none of ours. */
	const {Map: MapType, Set: SetType} = hub.win;
	/** Starts of timers, states of counters. @type {Record<'time' | 'count', Map<string, number>>} */
	const labels = hub.labels ??= {time: new Map(), count: new Map()};

	hub.onTimer = (t, what, stringify, [label = 'default', ...rest]) => {
		const isTimer = what.startsWith('time');
		const known = labels[isTimer ? 'time' : 'count'];
		const key = stringify.text(label);
		const had = known.get(key);
		if (known.size >= LABELS && had === undefined) return;
		if (what === 'countReset') known.delete(key);
		else if (what === 'count') {
			known.set(key, (had ?? 0) + 1);
			hub.logAt(t, 'console', rv.LEVEL_COUNT, [`${key}: ${(had ?? 0) + 1}`], '', 1);
		} else if (what === 'time') known.set(key, had ?? t);
		else if (had !== undefined) {
			if (what === 'timeEnd') known.delete(key);
			hub.logAt(t, 'console', rv.LEVEL_TIME, [`${key}: ${(t - had).toFixed(1)} ms`, ...stringify.args(rest)], '', 1);
		}
	};

	/** Own data properties: no getter of the page runs. @param {any} object @param {PropertyKey} key */
	const own = (object, key) => {
		const found = descriptor(object, key);
		return found && ('value' in found ? found.value : '[getter]');
	};
	/** @param {any} value */
	const isObject = value => typeof value === 'object' && value !== null;
	/** @param {any} object @returns {[string, any][]} */
	const entriesOf = object => {
		if (object instanceof MapType) return [...Map.prototype.entries.call(object)].slice(0, ROWS).map(([key, value], i) => [`${i}`, {Key: key, Values: value}]);
		if (object instanceof SetType) return [...Set.prototype.values.call(object)].slice(0, ROWS).map((value, i) => [`${i}`, value]);
		/** @type {[string, any][]} */
		const found = [];
		for (const key of Reflect.ownKeys(object)) {
			if (found.length === ROWS) break;
			if (typeof key === 'string' && descriptor(object, key)?.enumerable) found.push([key, own(object, key)]);
		}
		return found;
	};

	hub.table = ([data, only], stringify) => {
		if (!isObject(data)) return null;
		const rows = entriesOf(data);
		/** @type {string[]} */
		let columns = [];
		for (const [, row] of rows) if (isObject(row)) for (const [name] of entriesOf(row)) if (columns.length < COLUMNS && !columns.includes(name)) columns.push(name);
		if (Array.isArray(only)) columns = only.slice(0, COLUMNS).map(name => `${name}`);
		const hasValues = rows.some(([, row]) => !isObject(row));
		const cell = (/** @type {any} */ value) => value === undefined ? '' : stringify.text(value, {left: CELL}, 1).replace(/[\t\n\r]+/g, ' ').slice(0, CELL);
		return [
			['(index)', ...columns, ...hasValues ? ['Values'] : []],
			...rows.map(([index, row]) => [index, ...columns.map(name => isObject(row) ? cell(own(row, name)) : ''), ...hasValues ? [isObject(row) ? '' : cell(row)] : []]),
		].map(cells => cells.join('\t'));
	};
	return () => {
		hub.onTimer = hub.table = null;
	};
}
