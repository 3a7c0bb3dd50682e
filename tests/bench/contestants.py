"""Who is measured, each as it would be set up for this work.

All forward to the same upstream, keep their connections to it, add a static
Authorization, and check a limit that is never reached.  One core each, so one
worker each.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request

import stage

AUTHORIZATION = "Basic cG9rX2JlbmNoOg=="

NGINX = """\
daemon off;
master_process on;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections {most}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 100000000;
  client_body_buffer_size 1m;
  client_max_body_size 2m;
  limit_req_zone $server_name zone=organization:1m rate=1000000r/s;
  upstream polaris {{
    server 127.0.0.1:{upstream};
    keepalive 256;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      limit_req zone=organization burst=1000000 nodelay;
      limit_req_status 429;
      proxy_pass {scheme}://polaris;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "{authorization}";
      {tls}
    }}
  }}
}}
"""

NGINX_TLS = """proxy_ssl_trusted_certificate {folder}/ca.pem;
      proxy_ssl_verify on;
      proxy_ssl_name localhost;"""

HAPROXY = """\
global
  nbthread 1
  maxconn {clients}
  log stdout format raw local0 err
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
frontend producers
  bind 127.0.0.1:{port} backlog 4096
  stick-table type integer size 1 expire 1m store http_req_rate(10s)
  http-request track-sc0 int(1)
  http-request deny deny_status 429 if {{ sc0_http_req_rate gt 100000000 }}
  http-request set-header Authorization "{authorization}"
  default_backend polaris
backend polaris
  http-reuse always
  server polaris 127.0.0.1:{upstream} {tls}
"""

HAPROXY_TLS = "ssl verify required ca-file {folder}/ca.pem verifyhost localhost"

GATEWAY = """\
listen:
  address: 127.0.0.1:{port}
  workers: {workers}
  max_connections: {clients}
admin:
  address: 127.0.0.1:{admin}
acknowledge: {level}
upstream:
  url: {scheme}://127.0.0.1:{upstream}/v1/projects/bench/events/{{table}}
  credentials:
    api_key: pok_bench
{tls}
budget:
  calls_per_minute: {calls}
  bytes_per_second: {bytes}
batch:
  max_events: {batch}
  linger: {linger}
{spool}
log:
  level: warn
"""

# On one core a worker may run ahead of the pump: room for that, not a 503.
MEMORY = """spool:
  memory_bytes: 512MiB"""

# The authority of the upstream, for a minute.
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
               "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]

TLS_FRONT = """\
daemon off;
worker_processes 1;
pid {folder}/tls.pid;
error_log {folder}/tls.log warn;
events {{ worker_connections {most}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/tls-body;
  proxy_temp_path {folder}/tls-proxy;
  fastcgi_temp_path {folder}/tls-fastcgi;
  uwsgi_temp_path {folder}/tls-uwsgi;
  scgi_temp_path {folder}/tls-scgi;
  keepalive_requests 100000000;
  client_body_buffer_size 1m;
  client_max_body_size 2m;
  upstream sink {{ server 127.0.0.1:{sink}; keepalive 256;
    keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/ca.pem;
    ssl_certificate_key {folder}/key.pem;
    location / {{ proxy_pass http://sink; proxy_http_version 1.1;
      proxy_set_header Connection ""; }}
  }}
}}
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


class Upstream:
    """bench_sink; and nginx before it where it is to speak TLS."""

    def __init__(self, folder):
        self.folder = folder
        self.port = stage.free_port()
        self.process = stage.start(
            [stage.program("bench_sink"), str(self.port)], stage.LOAD_CORE)
        stage.wait_port(self.port, self.process)
        self.tls_port = None

    def tls(self):
        if self.tls_port is None:
            subprocess.run(
                CERTIFICATE + ["-keyout", self.folder + "/key.pem",
                               "-out", self.folder + "/ca.pem"],
                check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            self.tls_port = stage.free_port()
            conf = write(self.folder, "tls.conf", TLS_FRONT.format(
                folder=self.folder, sink=self.port, port=self.tls_port,
                most=stage.raise_limit()))
            front = stage.start(["nginx", "-c", conf, "-e", "stderr"],
                                stage.LOAD_CORE)
            stage.wait_port(self.tls_port, front)
        return self.tls_port

    def counts(self):
        with urllib.request.urlopen(
                "http://127.0.0.1:%d/" % self.port) as answer:
            return json.load(answer)

    def settle(self, seconds=20):
        """Waits until nothing came for longer than a batch lingers."""
        until = time.monotonic() + seconds
        last, since = None, time.monotonic()
        while time.monotonic() < until:
            counts = self.counts()
            if counts["bytes"] != last:
                last, since = counts["bytes"], time.monotonic()
            elif time.monotonic() - since > 0.7:
                return counts
            time.sleep(0.1)
        return self.counts()


class Contestant:
    """Started with open(), then .port answers; close() ends it."""

    process = None

    def launch(self, words):
        self.process = stage.start(words, stage.OUR_CORE)
        stage.wait_port(self.port, self.process)

    def pids(self):
        return stage.tree(self.process.pid)

    def close(self):
        if self.process is not None:
            stage.end(self.process)
        self.process = None


class Bare(Contestant):
    name = "libmicrohttpd"

    def open(self, folder, upstream, tls):
        self.port = stage.free_port()
        self.launch([stage.program("bench_bare"), str(self.port)])


class Nginx(Contestant):
    name = "nginx"

    def open(self, folder, upstream, tls):
        self.port = stage.free_port()
        conf = write(folder, "nginx.conf", NGINX.format(
            folder=folder, port=self.port, authorization=AUTHORIZATION,
            most=stage.raise_limit(),
            upstream=upstream.tls() if tls else upstream.port,
            scheme="https" if tls else "http",
            tls=NGINX_TLS.format(folder=folder) if tls else ""))
        self.launch(["nginx", "-c", conf, "-e", "stderr"])


class Haproxy(Contestant):
    name = "HAProxy"

    def open(self, folder, upstream, tls):
        self.port = stage.free_port()
        conf = write(folder, "haproxy.cfg", HAPROXY.format(
            port=self.port, authorization=AUTHORIZATION,
            clients=(stage.raise_limit() - 200) // 2,
            upstream=upstream.tls() if tls else upstream.port,
            tls=HAPROXY_TLS.format(folder=folder) if tls else ""))
        self.launch(["haproxy", "-q", "-db", "-f", conf])


class Gateway(Contestant):
    def __init__(self, level, batch=60, workers=1, calls=10000000,
                 rate="10GB", linger="500ms", name=None):
        self.level, self.batch, self.workers = level, batch, workers
        self.calls, self.rate, self.linger = calls, rate, linger
        self.name = name or "ours, " + level

    def open(self, folder, upstream, tls):
        self.port, self.admin = stage.free_port(), stage.free_port()
        self.spool = os.path.join(folder, "spool")
        shutil.rmtree(self.spool, ignore_errors=True)
        spool = "spool:\n  directory: " + self.spool
        conf = write(folder, "gateway.yaml", GATEWAY.format(
            port=self.port, admin=self.admin,
            clients=stage.raise_limit() - 2000,
            level=self.level, workers=self.workers,
            batch=self.batch, linger=self.linger, calls=self.calls, bytes=self.rate,
            upstream=upstream.tls() if tls else upstream.port,
            scheme="https" if tls else "http",
            tls="  ca_file: %s/ca.pem" % folder if tls else "",
            spool=spool if self.level == "durable" else MEMORY))
        self.launch([stage.program("polaris-gateway"), "run", "-c", conf])

    def close(self):
        super().close()
        shutil.rmtree(self.spool, ignore_errors=True)


def all_of_them():
    return [Bare(), Nginx(), Haproxy(), Gateway("received"),
            Gateway("durable"),
            Gateway("durable", batch=1000, name="ours, durable, 1000 a batch"),
            Gateway("delivered")]
