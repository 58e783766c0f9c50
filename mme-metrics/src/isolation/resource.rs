//! What belongs to a tenant, and how it is read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::visibility::Visibility;

/// The name of a tenant, as the service knows it. It stands in logs and audit events, never in a label.
pub type TenantName = Arc<str>;

/// A way to read one resource as any tenant.
///
/// [`HttpRead`](super::HttpRead) and, with the feature `sqlx`, `SqlRead` are ready-made; a closure from the tenant's name to a
/// future does as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not read a resource as a tenant",
    note = "use `HttpRead`, `SqlRead`, or a closure such as `|tenant: TenantName| async move {{ Sight::Denied }}`"
)]
pub trait TenantRead: Send + Sync + 'static {
    /// Tries to read the resource as `tenant`.
    ///
    /// Only what was seen beyond doubt is [`Visibility::Seen`], only what was refused beyond doubt [`Visibility::Denied`].
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

/// [`TenantRead`] as a value whose type is not known.
trait AnyRead: Send + Sync {
    fn read(self: Arc<Self>, tenant: TenantName) -> Pin<Box<dyn Future<Output = Visibility> + Send>>;
}

impl<R: TenantRead> AnyRead for R {
    fn read(self: Arc<Self>, tenant: TenantName) -> Pin<Box<dyn Future<Output = Visibility> + Send>> {
        Box::pin(async move { TenantRead::read(&*self, tenant).await })
    }
}

/// Something that one tenant owns and no other may read.
#[derive(Clone)]
pub struct IsolationResource {
    owner: TenantName,
    name: Arc<str>,
    read: Arc<dyn AnyRead>,
}

impl IsolationResource {
    /// Names the owner and the resource, for logs and audit events, and says how it is read.
    pub fn new(owner: impl Into<TenantName>, name: impl Into<Arc<str>>, read: impl TenantRead) -> Self {
        Self { owner: owner.into(), name: name.into(), read: Arc::new(read) }
    }

    pub(super) const fn owner(&self) -> &TenantName {
        &self.owner
    }

    pub(super) const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Reads it as `tenant`; nothing of it is borrowed, so that it can be a task of its own.
    pub(super) fn read(&self, tenant: &TenantName) -> impl Future<Output = Visibility> + Send + 'static {
        let (read, tenant) = (Arc::clone(&self.read), Arc::clone(tenant));
        // Whatever is called here is called on that task, its panics are caught there.
        async move { read.read(tenant).await }
    }
}

impl fmt::Debug for IsolationResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, name, read: _ } = self;
        f.debug_struct("IsolationResource").field("owner", owner).field("name", name).finish_non_exhaustive()
    }
}
