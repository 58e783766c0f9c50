//! A tenant's resource and the way to read it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::visibility::Visibility;

/// The name of a tenant, as the service knows it. It appears in logs and audit events, never in a label.
pub type TenantName = Arc<str>;

/// A way to read one resource as any tenant.
///
/// [`HttpRead`](super::HttpRead) and, with the feature `sqlx`, `SqlRead` implement this trait. So does a closure that
/// takes the tenant's name and returns a future.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not read a resource as a tenant",
    note = "use `HttpRead`, `SqlRead`, or a closure such as `|tenant: TenantName| async move {{ Visibility::Denied }}`"
)]
pub trait TenantRead: Send + Sync + 'static {
    /// Tries to read the resource as `tenant`.
    ///
    /// Return [`Visibility::Seen`] only if the tenant certainly saw the resource, and [`Visibility::Denied`] only if
    /// the read was certainly refused.
    fn read(&self, tenant: TenantName) -> impl Future<Output = Visibility> + Send;
}

impl<F, R> TenantRead for F
where
    F: Fn(TenantName) -> R + Send + Sync + 'static,
    R: Future<Output = Visibility> + Send,
{
    fn read(&self, tenant: TenantName) -> impl Future<Output = Visibility> + Send {
        self(tenant)
    }
}

/// A form of [`TenantRead`] that can be a trait object.
trait AnyRead: Send + Sync {
    fn read(self: Arc<Self>, tenant: TenantName) -> Pin<Box<dyn Future<Output = Visibility> + Send>>;
}

impl<R: TenantRead> AnyRead for R {
    fn read(self: Arc<Self>, tenant: TenantName) -> Pin<Box<dyn Future<Output = Visibility> + Send>> {
        Box::pin(async move { TenantRead::read(&*self, tenant).await })
    }
}

/// A resource that one tenant owns and no other tenant may read.
#[derive(Clone)]
pub struct IsolationResource {
    owner: TenantName,
    name: Arc<str>,
    read: Arc<dyn AnyRead>,
}

impl IsolationResource {
    /// Creates a resource with an owner, a name and a way to read it. Owner and name appear in logs and audit events.
    pub fn new(owner: impl Into<TenantName>, name: impl Into<Arc<str>>, read: impl TenantRead) -> Self {
        Self { owner: owner.into(), name: name.into(), read: Arc::new(read) }
    }

    pub(super) const fn owner(&self) -> &TenantName {
        &self.owner
    }

    pub(super) const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Reads the resource as `tenant`. The future borrows nothing, so it can run as a separate task.
    pub(super) fn read(&self, tenant: &TenantName) -> impl Future<Output = Visibility> + Send + 'static {
        let (read, tenant) = (Arc::clone(&self.read), Arc::clone(tenant));
        // The reader is called inside the future, so the task that runs it also catches the reader's panics.
        async move { read.read(tenant).await }
    }
}

impl fmt::Debug for IsolationResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, name, read: _ } = self;
        f.debug_struct("IsolationResource").field("owner", owner).field("name", name).finish_non_exhaustive()
    }
}
