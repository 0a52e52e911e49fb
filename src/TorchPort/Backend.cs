using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort;

/// <summary>The libtorch that this build carries, and the device that it computes on.</summary>
internal static class Backend
{
    /// <summary><c>cpu</c> or <c>cuda</c>: the build's <c>-p:TorchBackend</c>.</summary>
    internal static string Name { get; } = typeof(Backend).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == "TorchBackend").Value!;

    /// <summary>Whether a word names a device: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    internal static bool IsDevice(string word) =>
        word is "auto" or "cpu" or "cuda"
        || (word.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(word.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>Loads libtorch.</summary>
    /// <exception cref="DllNotFoundException">It will not load; the message is the loader's.</exception>
    /// <remarks>TorchSharp loads it by itself, but where that fails it prints pages, on stdout.</remarks>
    internal static void Load() => NativeLibrary.Load(Path.Combine(
        AppContext.BaseDirectory,
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so"));

    /// <summary>The device that a word accepted by <see cref="IsDevice"/> stands for, once libtorch is loaded.</summary>
    /// <exception cref="NotSupportedException">This build or this machine has no such device.</exception>
    internal static torch.Device Choose(string word)
    {
        if (word == "cpu" || (word == "auto" && (Name == "cpu" || !torch.cuda.is_available())))
        {
            return torch.CPU;
        }

        if (Name == "cpu")
        {
            throw new NotSupportedException($"--device {word}: this build carries libtorch for the CPU only.\nBuild the other with -p:TorchBackend=cuda, or run with --device cpu.");
        }

        if (!torch.cuda.is_available())
        {
            throw new NotSupportedException($"--device {word}: no CUDA GPU answers on this machine.\nSee whether nvidia-smi lists one, or run with --device cpu.");
        }

        var device = torch.device(word == "auto" ? "cuda" : word);
        var count = torch.cuda.device_count();
        return device.index < count
            ? device
            : throw new NotSupportedException($"--device {word}: this machine has {count} CUDA GPU(s), counted from cuda:0.");
    }
}
