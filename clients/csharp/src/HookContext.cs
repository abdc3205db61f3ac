using System;
using System.Threading;

namespace SixpackAb
{
    /// <summary>
    /// Where hooks run. What they throw must not change what a call returns, nor end the program, which is what an exception
    /// behind the first await of an async one would do.
    /// </summary>
    internal sealed class HookContext : SynchronizationContext
    {
        private static readonly HookContext Instance = new HookContext();

        public static void Run(Action hook)
        {
            SynchronizationContext before = Current;
            SetSynchronizationContext(Instance);
            try
            {
                hook();
            }
            catch (Exception)
            {
                // Of the hook's own.
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        /// <summary>How an async hook goes on, and how its exception is thrown.</summary>
        public override void Post(SendOrPostCallback callback, object state)
        {
            ThreadPool.QueueUserWorkItem(_ => Run(() => callback(state)));
        }
    }
}
