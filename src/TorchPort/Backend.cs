using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort;

/// <summary>The libtorch that this build carries or finds, and the device that it computes on.</summary>
internal static partial class Backend
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>external</c>: the build's <c>-p:TorchBackend</c>.</summary>
    internal static string Name { get; } = Metadata("TorchBackend");

    /// <summary>The libtorch that TorchSharp was built for. TorchSharp's own <c>torch.__version__</c> loads it first.</summary>
    internal static string LibTorchVersion => Metadata("LibTorchVersion");

    /// <summary>What to do where libtorch will not load.</summary>
    internal static string LoadAdvice => Name switch
    {
        "external" => $"This build looks for libtorch on the loader's path, and TorchSharp was built for libtorch {LibTorchVersion}.\nPut the folder of one on "
            + (OperatingSystem.IsWindows() ? "PATH." : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH." : "LD_LIBRARY_PATH, or start with scripts/run-on-pytorch.sh."),
        _ when OperatingSystem.IsWindows() => "It needs the Visual C++ redistributable (x64), 14.40 or newer: install that.\nIf it is there, build or publish again, to put the library back beside the program.",
        _ => "Build it again, or publish it again, to put the library back beside the program." + (OperatingSystem.IsMacOS() ? "\nIf it lacks libomp.dylib: brew install libomp" : ""),
    };

    /// <summary>Whether a word names a device: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    internal static bool IsDevice(string word) =>
        word is "auto" or "cpu" or "cuda"
        || (word.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(word.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>Loads libtorch, and spares the process its exit handlers.</summary>
    /// <exception cref="DllNotFoundException">It will not load; the message is the loader's.</exception>
    internal static void Load()
    {
        LoadOpenMP();

        // TorchSharp would load it by itself, but where that fails it prints pages, on stdout.
        NativeLibrary.Load(Path.Combine(
            AppContext.BaseDirectory,
            OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so"));

        // At exit libtorch takes itself apart, operator by operator, for a third of the time that it took to load; the system
        // frees it all at once. Exit handlers run from the last to the first, so this one ends the process before libtorch's.
        if (OperatingSystem.IsLinux())
        {
            _ = OnExit(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "_exit"), 0);
        }
    }

    /// <summary>Loads the OpenMP that the build carries, where libtorch asks for another.</summary>
    internal static void LoadOpenMP()
    {
        // On macOS libtorch names Homebrew's libomp.dylib, by its full path. The one beside the program has that very name inside:
        // once it is loaded, macOS looks no further.
        if (OperatingSystem.IsMacOS())
        {
            _ = NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "libomp.dylib"), out _);
        }
    }

    /// <summary>The device that a word accepted by <see cref="IsDevice"/> stands for, once libtorch is loaded.</summary>
    /// <exception cref="NotSupportedException">This build or this machine has no such device.</exception>
    internal static torch.Device Device(string word)
    {
        if (word == "cpu" || (word == "auto" && (Name == "cpu" || !torch.cuda.is_available())))
        {
            return torch.CPU;
        }

        if (Name == "cpu")
        {
            throw new NotSupportedException($"--device {word}: this build carries libtorch for the CPU only.\n{(OperatingSystem.IsLinux() ? "Build the other with -p:TorchBackend=cuda, or run" : "CUDA needs Linux x64 here: run")} with --device cpu.");
        }

        if (!NativeLibrary.TryLoad("torch_cuda", typeof(torch).Assembly, null, out _))
        {
            throw new NotSupportedException(Name == "cuda"
                ? $"--device {word}: libtorch's library for CUDA will not load.\n{LoadAdvice}"
                : $"--device {word}: the libtorch that was found is one for the CPU only.\nPut one with CUDA on the loader's path, or run with --device cpu.");
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

    private static string Metadata(string key) =>
        typeof(Backend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == key).Value!;

    // glibc: calls the function with the exit code and the argument.
    [LibraryImport("libc.so.6", EntryPoint = "on_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OnExit(nint function, nint argument);
}
