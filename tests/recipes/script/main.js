document.querySelector('#report').addEventListener('click', async () => {
	const { number } = await Rearview.saveReport({ title: 'From the recipe' }, { screenshot: true });
	document.querySelector('#result').textContent = `#${number}`;
});
