import { init, saveReport } from 'rearview';

init({ projectKey: import.meta.env.VITE_KEY, endpoint: import.meta.env.VITE_ENDPOINT });

document.querySelector('#report').addEventListener('click', async () => {
	const { number } = await saveReport({ title: 'From the recipe' }, { screenshot: true });
	document.querySelector('#result').textContent = `#${number}`;
});
