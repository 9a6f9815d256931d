//! Accepts connections, as many as may be at once, and leaves those that keep it waiting.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use settings::Http;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt};

/// How long requests under way may take after the process was told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then lets what is under way end.
///
/// # Errors
/// The listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    http: &Http,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let idle = Duration::from_secs(u64::from(http.idle_seconds));
    let connections = Arc::new(Semaphore::new(usize::try_from(http.connections).unwrap_or(1000)));
    let graceful = GracefulShutdown::new();
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(idle);
    let mut stop = pin!(stop);
    loop {
        let turn = tokio::select! {
            turn = Arc::clone(&connections).acquire_owned() => turn,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or the peer is gone: the others are not to suffer.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(from_peer(router.clone(), peer));
        let stream = Box::pin(patient(stream, idle));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _turn = turn;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(LAST_REQUESTS) => tracing::warn!("requests were cut off"),
    }
    Ok(())
}

/// The router for requests of one peer.
fn from_peer(
    router: Router,
    peer: SocketAddr,
) -> impl Service<
    axum::http::Request<hyper::body::Incoming>,
    Response = Response,
    Error = Infallible,
    Future: Send,
> + Clone {
    router.map_request(move |request: axum::http::Request<hyper::body::Incoming>| -> Request {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    })
}

/// A stream that fails when nothing moves for too long.
fn patient(stream: TcpStream, idle: Duration) -> TimeoutStream<TcpStream> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_read_timeout(Some(idle.saturating_mul(4)));
    stream.set_write_timeout(Some(idle));
    stream
}
