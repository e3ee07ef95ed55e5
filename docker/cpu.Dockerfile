# Tsuno with JupyterLab and TensorBoard on a CPU.
#
#   docker build -f docker/cpu.Dockerfile -t tsuno .
#   docker run --rm -it -p 8888:8888 -p 6006:6006 -v "$PWD/notebooks:/home/tsuno/work" tsuno
#
# Notebooks are at http://localhost:8888, curves at http://localhost:6006 once something has been logged to `logs`.
FROM python:3.12-slim

RUN useradd --create-home tsuno
WORKDIR /opt/tsuno
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install --no-cache-dir ".[images,plot,sklearn,tensorboard,yaml]" jupyterlab tensorboard

COPY docker/start.sh /usr/local/bin/start-tsuno
COPY --chown=tsuno notebooks /home/tsuno/work
USER tsuno
WORKDIR /home/tsuno/work
EXPOSE 8888 6006
CMD ["start-tsuno"]
