using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>A connection to a server. What it does is bounded by a deadline, at which the socket is closed under it.</summary>
    internal sealed class Connection
    {
        private readonly Socket socket;
        private readonly Stream stream;

        private Connection(Socket socket, Stream stream)
        {
            this.socket = socket;
            this.stream = stream;
        }

        /// <summary>Tries the addresses of the host one after the other, so that each gets its turn within the deadline.</summary>
        public static async Task<Connection> Open(Address address, Deadline deadline)
        {
            IPAddress[] found = await Lookup.Of(address.Host, deadline).ConfigureAwait(false);
            Exception cause = new IOException("Expected an address of " + address.Host + ", got none");
            for (int i = 0; i < found.Length; i++)
            {
                Socket socket = null;
                try
                {
                    // Fails for IPv6 where the system has none.
                    socket = new Socket(found[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    using (Deadline turn = deadline.Share(found.Length - i - 1))
                    {
                        var at = new IPEndPoint(found[i], address.Port);
                        await turn.Await(Done(socket.ConnectAsync(at)), socket.Dispose).ConfigureAwait(false);
                    }
                }
                catch (Exception refusal)
                {
                    socket?.Dispose();
                    cause = refusal;
                    continue;
                }
                Lookup.Prefer(address.Host, found[i]);
                return await deadline.Await(Speak(address, socket), socket.Dispose).ConfigureAwait(false);
            }
            throw cause;
        }

        public Task<Answer> Exchange(byte[] request, Deadline deadline)
        {
            return deadline.Await(Exchange(request), Close);
        }

        /// <summary>Whether an idle connection says something, as one does before it is closed. Nobody asked.</summary>
        public bool IsStale
        {
            get
            {
                try
                {
                    return socket.Poll(0, SelectMode.SelectRead);
                }
                catch (Exception)
                {
                    return true;
                }
            }
        }

        /// <summary>Closes the socket below TLS: a farewell could wait for the other side.</summary>
        public void Close()
        {
            socket.Dispose();
        }

        private static async Task<Connection> Speak(Address address, Socket socket)
        {
            Stream plain = new NetworkStream(socket, true);
            if (!address.IsTls) return new Connection(socket, plain);
            var stream = new SslStream(plain, false);
            // The versions of TLS are the system's.
            await stream.AuthenticateAsClientAsync(address.Host, null, SslProtocols.None, false).ConfigureAwait(false);
            return new Connection(socket, stream);
        }

        private async Task<Answer> Exchange(byte[] request)
        {
            await stream.WriteAsync(request, 0, request.Length).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
            return await Answer.Read(new Incoming(stream)).ConfigureAwait(false);
        }

        private static async Task<bool> Done(Task work)
        {
            await work.ConfigureAwait(false);
            return true;
        }
    }
}
