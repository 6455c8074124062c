/* rearview/react: one recording for as long as a provider is in the tree. */
import {createContext, createElement, useContext, useEffect} from 'react';
import rearview from '../index.js';

const Context = createContext(rearview);

/** Providers in the tree. */
let holders = 0;
/** The options it runs with, as text; '' when it does not run. */
let running = '';

/**
 * React takes a tree apart and puts it together again where it looks for mistakes (StrictMode) and when code
 * is replaced while it runs: only what is not back in the next task has gone.
 * @param {string} text
 */
const hold = text => {
	if (!holders && running && running !== text) rearview.destroy();
	if (!holders) running = text;
	holders++;
	/* What went wrong is in the console already. */
	rearview.init(JSON.parse(text))?.catch(() => {});
	return () => {
		holders--;
		setTimeout(() => {
			if (holders || !running) return;
			running = '';
			rearview.destroy();
		}, 0);
	};
};

/** @param {import('../public/react.js').RearviewProviderProps} props */
export function RearviewProvider({children, user, ...options}) {
	const text = JSON.stringify(options);
	useEffect(() => hold(text), [text]);
	const who = user === undefined ? '' : JSON.stringify(user);
	useEffect(() => {
		if (who === 'null') rearview.logout();
		else if (who) rearview.identify(JSON.parse(who));
	}, [who]);
	return createElement(Context.Provider, {value: rearview}, children);
}

/** @returns {import('../public/rearview.js').Rearview} */
export const useRearview = () => useContext(Context);
