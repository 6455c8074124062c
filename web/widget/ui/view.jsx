/* What the panel shows, from its state. Nothing here keeps anything. */
import {ACCEPT, sizeText} from './files.js';

/** @typedef {import('./panel.js').Model} Model */

const PATHS = /** @type {Record<string, string>} */ ({
	close: 'M5 5l10 10M15 5L5 15',
	chat: 'M3.5 4.5h13v9h-7l-4 3v-3h-2z',
	ok: 'M3 10.5l4.5 4.5L17 5.5',
	warn: 'M10 3l8 14H2zM10 8v4M10 14.6v.2',
	bad: 'M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15zM10 6v5M10 13.6v.2',
	later: 'M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15zM10 6v4l3 2',
});
/** @param {{name: string}} props */
export const Icon = ({name}) => <svg viewBox="0 0 20 20" aria-hidden="true"><path d={PATHS[name]} /></svg>;

/** @param {{m: Model, name: string, hint?: string, isRequired?: boolean, children: any}} props */
const Row = ({m, name, hint, isRequired, children}) => <div>
	<label class="name" for={name}>{m.labelOf(name)} <small>{m.t(isRequired ? 'ui.required' : 'ui.optional')}</small></label>
	{children}
	{hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
	<Problem m={m} name={name} />
</div>;

/** @param {{m: Model, name: string}} props */
const Problem = ({m, name}) => m.errors[name] ? <p class="error" id={`${name}-error`}>{m.errors[name]}</p> : null;

/** @param {Model} m @param {string} name */
const marks = (m, name) => ({'aria-invalid': m.errors[name] ? /** @type {const} */ ('true') : undefined, 'aria-describedby': m.errors[name] ? `${name}-error` : undefined});

/** @param {{m: Model, of: {key: string, label: string, type: string, required?: boolean, options?: string[]}}} props */
function Custom({m, of}) {
	const name = `custom-${of.key}`;
	const value = m.values.custom[of.key];
	/** @param {any} event */
	const onInput = event => m.setCustom(of.key, of.type === 'checkbox' ? event.target.checked : event.target.value);
	const shared = {id: name, onInput, required: of.required, ...marks(m, name)};
	if (of.type === 'checkbox') {
		return <div><label class="check"><input type="checkbox" {...shared} checked={value === true} /><span>{of.label}{of.required && <small> ({m.t('ui.required')})</small>}</span></label><Problem m={m} name={name} /></div>;
	}
	return <Row m={m} name={name} isRequired={of.required}>
		{of.type === 'textarea' ? <textarea {...shared} maxlength={5000} value={value ?? ''} />
			: of.type === 'select' ? <select {...shared} value={value ?? ''}><option value="">{m.t('ui.choose')}</option>{(of.options ?? []).map(one => <option value={one}>{one}</option>)}</select>
				: <input {...shared} maxlength={1000} value={value ?? ''} />}
	</Row>;
}

/** @param {{m: Model}} props */
function Shot({m}) {
	const {t, shot} = m;
	return <section class="stack" aria-label={t('ui.shot')}>
		<h3>{t('ui.shot')}</h3>
		<div class="shot">
			{shot.state === 'ready' && m.values.isShot && <canvas class="thumb" role="img" aria-label={t('ui.shot')} ref={canvas => m.drawShot(canvas, 288)} />}
			{shot.state === 'taking' && <div class="thumb" role="img" aria-label={t('ui.taking')} />}
			<div class="grow stack">
				{shot.state === 'taking' && <p class="hint">{t('ui.taking')}</p>}
				{shot.state === 'failed' && <p class="hint">{t('ui.noShot', {why: shot.why})}</p>}
				<div class="row">
					{shot.state === 'ready' && m.values.isShot && m.hasMark && <button type="button" id="mark" onClick={m.annotate}>{t('ui.mark')}</button>}
					{shot.state === 'ready' && m.values.isShot && <button type="button" class="plain" onClick={m.dropShot}>{t('ui.remove')}</button>}
					{(shot.state === 'failed' || (shot.state === 'ready' && !m.values.isShot)) && <button type="button" id="retake" onClick={m.retake}>{t('ui.retake')}</button>}
					{m.hasMark && !m.values.element && <button type="button" id="pick" onClick={m.pick}>{t('ui.pick')}</button>}
				</div>
			</div>
		</div>
		{m.values.element && <div class="row chosen"><span class="grow">{t('ui.element')}: <code dir="ltr">{m.values.element.selector}</code></span><button type="button" class="plain" onClick={m.unpick}>{t('ui.remove')}</button></div>}
	</section>;
}

/** @param {{m: Model}} props */
function Files({m}) {
	const {t} = m;
	return <section class="stack" aria-label={t('ui.files')}>
		<h3>{t('ui.files')}</h3>
		{m.files.length > 0 && <ul>{m.files.map((file, i) => <li key={i}><span class="grow">{file.name} <span class="size">{sizeText(file.blob.size, m.locale)}</span></span><button type="button" class="plain" aria-label={`${t('ui.remove')}: ${file.name}`} onClick={() => m.dropFile(i)}>{t('ui.remove')}</button></li>)}</ul>}
		<div class="row"><span class="file">{t('ui.add')}<input type="file" aria-label={t('ui.add')} multiple accept={ACCEPT} onChange={m.chooseFiles} /></span></div>
		<p class="hint">{t('ui.drop')}</p>
		{m.fileErrors.map(text => <p class="error">{text}</p>)}
	</section>;
}

/** @param {{m: Model}} props */
function Form({m}) {
	const {t, values} = m;
	/** @param {'title' | 'description' | 'email'} name @param {any} [more] */
	const input = (name, more) => ({id: name, name, value: values[name], onInput: (/** @type {any} */ event) => m.set(name, event.target.value), ...marks(m, name), ...more});
	return <>
		<form class="body" id="form" novalidate onSubmit={m.send} onPaste={m.paste} onDragOver={m.over} onDrop={m.dropped}>
			{m.types.length > 1 && <fieldset><legend>{t('ui.type')}</legend><div class="types">{m.types.map(type => <label class="type" key={type}><input type="radio" name="type" value={type} checked={values.item_type === type} onChange={() => m.set('item_type', type)} /><span>{m.typeOf(type)}</span></label>)}</div></fieldset>}
			<Row m={m} name="title" isRequired><input {...input('title')} maxlength={200} required autocomplete="off" placeholder={t('ui.titleHint')} /></Row>
			<Row m={m} name="description"><textarea {...input('description')} maxlength={10000} placeholder={t('ui.descriptionHint')} /></Row>
			{m.asksEmail && <Row m={m} name="email" isRequired={m.isEmailRequired}><input {...input('email')} type="email" maxlength={254} autocomplete="email" required={m.isEmailRequired} /></Row>}
			{m.custom.map(of => <Custom key={of.key} m={m} of={of} />)}
			<Shot m={m} />
			<Files m={m} />
			<div class="stack">
				<label class="check"><input type="checkbox" id="replay" checked={values.isReplay} onChange={event => m.set('isReplay', event.currentTarget.checked)} /><span>{t('ui.replay')}<span class="hint block">{t('ui.replayHint')}</span></span></label>
				<div><button type="button" class="link" id="preview" onClick={m.preview}>{t('ui.preview')}</button></div>
			</div>
		</form>
		<footer>
			<button type="button" class="plain" onClick={m.discard}>{t('ui.clear')}</button>
			<button class="main" form="form" id="send">{t('ui.send')}</button>
			{m.failure && <p class="error whole" id="failure">{m.failure}</p>}
		</footer>
	</>;
}

/** @param {{m: Model, name: string, title: string, size: string, drop?: () => void, children?: any}} props */
const Part = ({m, name, title, size, drop, children}) => <details data-part={name}>
	<summary><b>{title}</b> <span class="size">{size}</span></summary>
	{children}
	{drop && <p><button type="button" onClick={drop} aria-label={`${m.t('ui.remove')}: ${title}`}>{m.t('ui.remove')}</button></p>}
</details>;

/** @param {{m: Model}} props */
function Preview({m}) {
	const {t, whole} = m;
	const parts = m.parts();
	return <>
		<div class="body">
			{!whole && <p class="hint" role="status">…</p>}
			{whole && parts.map(part => <Part key={part.name} m={m} name={part.name} title={part.title} size={part.size} drop={part.drop}>
				{part.canvas && <canvas class="thumb big" role="img" aria-label={part.title} ref={canvas => m.drawShot(canvas, 800)} />}
				{part.video && <video controls src={part.video} />}
				{part.image && <img class="big" src={part.image} alt={part.title} />}
				{part.text && <pre tabIndex={0} role="region" aria-label={part.title}>{part.text}</pre>}
			</Part>)}
		</div>
		<footer><button type="button" id="back" onClick={m.back}>{t('ui.back')}</button></footer>
	</>;
}

/** @param {{m: Model}} props */
function State({m}) {
	const {t, phase} = m;
	if (phase === 'sending') {
		return <div class="state"><Icon name="later" /><p id="progress">{m.progressText()}</p><progress aria-label={t('ui.sending')} max={m.progress?.total || 1} value={m.progress?.sent ?? 0} /></div>;
	}
	if (phase === 'kept') {
		return <div class="state"><span class="warn"><Icon name="later" /></span><p id="kept">{t(m.isOffline() ? 'ui.offline' : 'ui.kept')}</p><div class="row"><button type="button" class="main" id="again" onClick={m.again}>{t('ui.again')}</button><button type="button" id="later" onClick={m.close}>{t('ui.later')}</button></div></div>;
	}
	return <div class="state"><span class="ok"><Icon name="ok" /></span><p id="done" tabIndex={-1}>{m.number ? t('ui.doneNumber', {number: m.number}) : t('ui.done')}</p></div>;
}

/** @param {{m: Model}} props */
export function View({m}) {
	const {t, phase} = m;
	return <>
		<header><h2 id="heading">{phase === 'preview' ? t('ui.what') : phase === 'annotate' ? t('ui.mark') : t('ui.heading')}</h2>
			{phase === 'annotate' && <><button type="button" onClick={m.unmark}>{t('ui.cancel')}</button><button type="button" class="main" id="finish" onClick={m.finishMark}>{t('ui.finish')}</button></>}
			{phase !== 'annotate' && <button type="button" class="icon plain" id="close" aria-label={t('ui.close')} onClick={m.close}><Icon name="close" /></button>}
		</header>
		{phase === 'form' ? <Form m={m} /> : phase === 'preview' ? <Preview m={m} /> : phase === 'annotate' ? <div class="editor" ref={m.placeEditor} /> : <State m={m} />}
		<div class="live" role="status" aria-live="polite">{m.said}</div>
	</>;
}

/** @param {{label: string, onClick: () => void, side: string}} props */
export const Launcher = ({label, onClick, side}) => <button type="button" class={`launcher ${side}`} aria-haspopup="dialog" onClick={onClick}><Icon name="chat" />{label}</button>;
