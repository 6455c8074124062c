/* What is seen of screen recording: the card that asks, the frame and the bar while it runs, the card that
 * shows and sends. The page stays usable throughout: nothing but the card and the bar takes a click. */
import {createHost} from '../ui/host.js';
import {style} from '../ui/tokens.js';

const CSS = `.rs-frame{position:fixed;inset:0;border:3px solid var(--rv-error);pointer-events:none;animation:rs-in var(--rv-motion) ease-out}
.rs-box{position:fixed;inset-block-end:16px;left:50%;transform:translateX(-50%);max-width:calc(100vw - 24px);background:var(--rv-raised);color:var(--rv-text);border:1px solid var(--rv-line);border-radius:var(--rv-radius-panel);box-shadow:var(--rv-shadow);animation:rs-in var(--rv-motion) ease-out;text-align:start}
.rs-card{width:400px;padding:16px;max-height:calc(100vh - 32px);overflow:auto}
.rs-card h2{margin:0 0 8px;font-size:16px;font-weight:600}
.rs-card p{margin:0 0 8px;color:var(--rv-muted)}
.rs-card .rs-quote{color:var(--rv-text);border-inline-start:3px solid var(--rv-line-strong);padding-inline-start:12px;overflow-wrap:anywhere}
.rs-card video{display:block;width:100%;max-height:40vh;background:#000;border-radius:var(--rv-radius);margin-block-end:12px}
.rs-card label{display:flex;gap:8px;align-items:center;min-height:40px}
.rs-card input{accent-color:var(--rv-accent)}
.rs-row{display:flex;flex-wrap:wrap;gap:8px;justify-content:flex-end;margin-block-start:8px}
.rs-bar{display:flex;align-items:center;gap:8px;padding:8px;padding-inline-start:16px;white-space:nowrap}
.rs-dot{inline-size:10px;block-size:10px;border-radius:50%;background:var(--rv-error);forced-color-adjust:none}
.rs-time{font-variant-numeric:tabular-nums;color:var(--rv-muted);margin-inline-end:8px}
.rs-box button{font:inherit;font-weight:600;min-height:40px;padding:0 16px;border-radius:var(--rv-radius);border:1px solid var(--rv-edge);background:var(--rv-surface);color:var(--rv-text);cursor:pointer}
.rs-box .rs-main{background:var(--rv-accent);border-color:var(--rv-accent);color:var(--rv-on-accent)}
.rs-said{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)}
@media (pointer:coarse){.rs-box button,.rs-card label{min-height:44px}}
@media (max-width:420px){.rs-bar b{display:none}}
@media (prefers-reduced-motion:no-preference){.rs-dot{animation:rs-in 1s ease-in-out infinite alternate}}
@keyframes rs-in{from{opacity:.2}}`;

/** Stops, or goes to the card: letters are where they are on a keyboard, whatever they write. */
const KEYS = 'Alt+Shift+S';

/**
 * @param {object} ctx
 * @param {import('../host/hub.js').Hub} ctx.hub
 * @param {string | undefined} ctx.nonce
 * @param {any} ctx.theme
 * @param {import('../ui/words.js').Words} ctx.words
 */
export function createView({hub, nonce, theme, words: {t, dir, locale}}) {
	const {win, native} = hub;
	const {document} = win;
	const held = createHost(hub, {nonce, theme});
	const unstyle = style(win, held.root, CSS, nonce);
	const ended = new AbortController();
	const before = /** @type {HTMLElement | null} */ (document.activeElement);
	/** What the shortcut does now. */
	let onKeys = () => {};

	/**
	 * @param {string} tag @param {Record<string, any>} [props] @param {(Node | string)[]} children
	 * @returns {any}
	 */
	const make = (tag, props = {}, ...children) => {
		const element = document.createElement(tag);
		for (const name of Object.keys(props)) {
			if (name === 'onclick') element.addEventListener('click', hub.guard(props[name]));
			else element.setAttribute(name, props[name]);
		}
		element.append(...children);
		return element;
	};
	/** @param {string} key @param {() => void} onclick @param {string} [kind] */
	const button = (key, onclick, kind = '') => make('button', {type: 'button', class: kind, onclick}, t(key));

	const area = make('div');
	const said = make('div', {class: 'rs-said', role: 'status', 'aria-live': 'polite'});
	const layer = make('div', {dir, lang: locale}, area, said);
	held.root.append(layer);

	/** @param {string} text */
	const say = text => {
		said.textContent = text;
	};
	/** @param {Node[]} nodes */
	const show = (...nodes) => {
		area.replaceChildren(...nodes);
		held.raise();
	};
	native.listen(win, 'keydown', hub.guard((/** @type {KeyboardEvent} */ event) => {
		if (!event.altKey || !event.shiftKey || event.code !== 'KeyS' || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		event.stopImmediatePropagation();
		onKeys();
	}), {capture: true, signal: ended.signal});

	/** @param {string} title @param {any[]} children */
	const card = (title, ...children) => make('section', {class: 'rs-box rs-card', role: 'dialog', 'aria-labelledby': 'rs-title'}, make('h2', {id: 'rs-title', tabindex: '-1'}, title), ...children);
	/** @param {any[]} buttons */
	const row = (...buttons) => make('div', {class: 'rs-row'}, ...buttons);

	return {
		say,
		/**
		 * Asks for consent; what the button's click starts may ask the browser.
		 * @param {object} how
		 * @param {boolean} how.support @param {string} how.quote @param {boolean} how.isFilm @param {boolean} how.voice @param {boolean} how.canVoice @param {number} how.seconds @param {boolean} how.blocked
		 * @param {(voice: boolean) => void} record
		 * @param {() => void} later
		 */
		ask({support, quote, isFilm, voice, canVoice, seconds, blocked}, record, later) {
			const box = make('input', {type: 'checkbox', class: 'rs-voice'});
			box.checked = voice;
			const title = t(support ? 'screen.asked' : 'screen.own');
			const main = button(blocked ? 'screen.again' : 'screen.record', () => record(box.checked), 'rs-main rs-record');
			show(card(title,
				...quote ? [make('p', {class: 'rs-quote'}, quote)] : [],
				...blocked ? [make('p', {class: 'rs-blocked', role: 'alert'}, t('screen.blocked'))] : [],
				make('p', {}, `${t('screen.about', {seconds})} ${t(isFilm ? 'screen.film' : 'screen.dom')}`),
				make('p', {}, `${isFilm ? `${t('screen.seen')} ` : ''}${isFilm || support ? t(support ? 'screen.sends' : 'screen.looks') : ''}`),
				...isFilm && canVoice ? [make('label', {}, box, t('screen.microphone'))] : [],
				row(button('screen.later', later, 'rs-later'), main)));
			onKeys = () => main.focus();
			/* Who is asked by support may be typing: a key must not start anything. */
			if (support) say(`${title}. ${t('screen.keys', {keys: KEYS})}`);
			else main.focus();
		},
		/** Nothing: the browser asks, or the recording must not show it. */
		clear: () => show(),
		/**
		 * @param {number} seconds @param {() => void} stop @param {() => void} cancel
		 * @returns {(left: number) => void} told how many are left
		 */
		run(seconds, stop, cancel) {
			const time = make('span', {class: 'rs-time', role: 'timer', 'aria-live': 'off'});
			/** @param {number} left */
			const tell = left => {
				time.textContent = `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, '0')}`;
				time.setAttribute('aria-label', t('screen.left', {seconds: left}));
				if (left === 10 && seconds > 10) say(t('screen.left', {seconds: left}));
			};
			tell(seconds);
			const main = button('screen.stop', stop, 'rs-main rs-stop');
			main.title = KEYS;
			main.setAttribute('aria-keyshortcuts', KEYS);
			show(make('div', {class: 'rs-frame'}), make('div', {class: 'rs-box rs-bar', role: 'region', 'aria-label': t('screen.running')}, make('span', {class: 'rs-dot'}), make('b', {}, t('screen.running')), time, button('screen.cancel', cancel, 'rs-cancel'), main));
			onKeys = stop;
			say(t('screen.begun', {keys: KEYS}));
			return tell;
		},
		/**
		 * Shows it before it is sent.
		 * @param {string} url  of the film, '' when there is none
		 * @param {number} seconds
		 * @param {() => void} send @param {() => void} discard
		 */
		check(url, seconds, send, discard) {
			const note = make('p', {}, t('screen.kept', {seconds}));
			note.hidden = !!url;
			const player = url ? make('video', {controls: '', playsinline: '', preload: 'auto'}) : null;
			if (player) {
				player.addEventListener('error', () => {
					player.hidden = true;
					note.hidden = false;
				});
				player.src = url;
			}
			const main = button('screen.send', send, 'rs-main rs-send');
			show(card(t('screen.check'), ...player ? [player] : [], note, row(button('screen.cancel', discard, 'rs-cancel'), main)));
			onKeys = () => main.focus();
			say(t('screen.check'));
			main.focus();
		},
		/** @param {string} key @param {Record<string, string | number>} values @param {() => void} [close] @param {() => void} [again] */
		tell(key, values, close, again) {
			const text = t(key, values);
			show(make('section', {class: 'rs-box rs-card rs-end'}, make('p', {}, text), ...close || again ? [row(...close ? [button('screen.close', close, 'rs-close')] : [], ...again ? [button('screen.again', again, 'rs-main rs-again')] : [])] : []));
			onKeys = () => {};
			say(text);
		},
		destroy() {
			const isIn = document.activeElement === held.host;
			ended.abort();
			layer.remove();
			unstyle();
			held.destroy();
			if (isIn && before && native.isConnected(before)) before.focus({preventScroll: true});
		},
	};
}
